import type { NodeStatus } from "@disheap/core";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CatchUp } from "../../src/http/catch-up.js";
import {
  type HttpContext,
  HttpServer,
  metricsRoutes,
  operatorRoutes,
} from "../../src/http/server.js";
import { NodeMetrics } from "../../src/metrics/node-metrics.js";
import { HandEngine } from "../support/hand-engine.js";
import { group, NO_COUNTS, nodeStatus } from "../support/status.js";

let engine: HandEngine;
let catchUp: CatchUp;
let isStopping: boolean;
let open: HttpServer[];

beforeEach(() => {
  engine = new HandEngine();
  catchUp = new CatchUp();
  isStopping = false;
  open = [];
});
afterEach(async () => {
  for (const server of open) await server.close();
});

async function start(
  part: Partial<HttpContext> = {},
  routes = operatorRoutes,
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const context: HttpContext = {
    status: () => engine.status(),
    catchUp,
    carrier: engine.carrier,
    metrics: new NodeMetrics(
      () => engine.status(),
      () => engine.census(),
    ),
    authMode: "off",
    log: pino({ level: "silent" }),
    isStopping: () => isStopping,
    ...part,
  };
  const server = new HttpServer(routes(context), { host: "127.0.0.1", port: 0 }, context);
  const port = await server.listen();
  open.push(server);
  return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);
}

const JOBS = { topic: "jobs", counts: NO_COUNTS };
const cases: [string, NodeStatus, number, string][] = [
  [
    "the leader",
    nodeStatus({ groups: [group(0, { role: "leader", leader: "n1" })] }),
    200,
    '{"healthy":true,"is_leader":true,"leader":"127.0.0.1:8300","status":"ok"}',
  ],
  [
    "a follower",
    nodeStatus(),
    200,
    '{"healthy":true,"is_leader":false,"leader":"127.0.0.1:8301","status":"ok"}',
  ],
  [
    "a node without a leader",
    nodeStatus({ groups: [group(0, { role: "candidate", leader: "" })] }),
    503,
    '{"healthy":false,"is_leader":false,"leader":"","status":"waits for the leader of the list of topics"}',
  ],
  [
    "a node that has not heard how far its leader committed",
    nodeStatus({ groups: [group(0, { term: 4, appliedTerm: 4 })] }),
    503,
    '{"healthy":false,"is_leader":false,"leader":"127.0.0.1:8301",' +
      '"status":"starting: it reads which topics there are (entry 10 of 12)"}',
  ],
  [
    "a leader that has not applied the first entry of its term",
    nodeStatus({ groups: [group(0, { role: "leader", leader: "n1", term: 4 })] }),
    503,
    '{"healthy":false,"is_leader":true,"leader":"127.0.0.1:8300",' +
      '"status":"starting: it reads which topics there are (entry 10 of 12)"}',
  ],
  [
    "a node that knows no leader for some partitions",
    nodeStatus({
      groups: [
        group(0),
        group(1, { ...JOBS, partition: 0 }),
        ...[2, 3, 4, 5, 6].map((n) => group(n, { ...JOBS, partition: n, leader: "" })),
      ],
    }),
    503,
    '{"healthy":false,"is_leader":false,"leader":"127.0.0.1:8301","status":"waits for the leader of ' +
      'jobs, partition 2; jobs, partition 3; jobs, partition 4; and 2 more"}',
  ],
  [
    "a node on which a group has stopped",
    nodeStatus({
      groups: [group(0), group(2, { ...JOBS, partition: 2, role: "stopped", leader: "" })],
    }),
    503,
    '{"healthy":false,"is_leader":false,"leader":"127.0.0.1:8301",' +
      '"status":"has stopped jobs, partition 2; its log says why"}',
  ],
  [
    "a node that waits while links are refused",
    nodeStatus({
      groups: [group(0, { role: "candidate", leader: "" })],
      refusals: ["n2 refuses this node: Because. Do this."],
    }),
    503,
    '{"healthy":false,"is_leader":false,"leader":"","status":"waits for the leader of the list of topics; ' +
      'n2 refuses this node: Because. Do this."}',
  ],
  [
    "a node that serves while it refuses another one",
    nodeStatus({ refusals: ["this node refuses n3: Because. Do this."] }),
    200,
    '{"healthy":true,"is_leader":false,"leader":"127.0.0.1:8301","status":"ok"}',
  ],
  [
    "a node that cannot apply its list of topics any more, and goes on voting",
    nodeStatus({ groups: [group(0, { stoppedBecause: "D-89: entry 11 cannot be applied" })] }),
    503,
    '{"healthy":false,"is_leader":false,"leader":"127.0.0.1:8301","status":' +
      '"has stopped the list of topics (entry 11 cannot be applied [D-89]); its log says why"}',
  ],
  [
    "a node on which the machine of a partition has stopped",
    nodeStatus({
      groups: [group(0), group(2, { ...JOBS, partition: 2, stoppedBecause: "D-86: a draft" })],
    }),
    503,
    '{"healthy":false,"is_leader":false,"leader":"127.0.0.1:8301",' +
      '"status":"has stopped jobs, partition 2 (a draft [D-86]); its log says why"}',
  ],
  [
    "a starting node",
    nodeStatus({ isReady: false, groups: [] }),
    503,
    '{"healthy":false,"is_leader":false,"leader":"","status":"starting: its store is being read"}',
  ],
];

describe("GET /health", () => {
  it.each(cases)("of %s", async (_name, status, code, body) => {
    engine.current = status;
    catchUp.appendHeard(0, 3, 10);
    const get = await start();
    const response = await get("/health");
    expect(response.status).toBe(code);
    expect(await response.text()).toBe(body);
  });

  it("says 503 while the node stops", async () => {
    isStopping = true;
    const response = await (await start())("/health");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ healthy: false, status: "stopping" });
  });
});

describe("GET /ready", () => {
  const partition = (appliedIndex: number, appliedTerm = 3) =>
    group(1, { ...JOBS, partition: 0, appliedIndex, appliedTerm });

  it("waits until what was committed at the start is applied, and then no longer", async () => {
    const get = await start();
    catchUp.appendHeard(0, 3, 10);
    catchUp.appendHeard(1, 3, 12);
    const at = async (status: NodeStatus): Promise<unknown[]> => {
      engine.current = status;
      const response = await get("/ready");
      return [response.status, await response.json()];
    };
    const waits = (entry: number) => [
      503,
      {
        ready: false,
        status: `applies what was committed before its start: jobs, partition 0 (entry ${entry} of 12)`,
      },
    ];
    expect(await at(nodeStatus({ groups: [group(0), partition(11)] }))).toEqual(waits(11));
    // Far enough, but of an earlier term: its leader may know of more.
    expect(await at(nodeStatus({ groups: [group(0), partition(12, 2)] }))).toEqual(waits(12));
    expect(await at(nodeStatus({ groups: [group(0), partition(12)] }))).toEqual([
      200,
      { ready: true, status: "ok" },
    ]);
    // A group that came later, and one that lags, are the load's affair.
    const later = nodeStatus({ groups: [group(0), partition(11), group(2, JOBS)] });
    expect((await at(later))[0]).toBe(200);
  });

  it("is 503 while a group has no leader, also when all was applied", async () => {
    catchUp.appendHeard(0, 3, 10);
    const get = await start();
    expect((await get("/ready")).status).toBe(200);
    engine.current = nodeStatus({ groups: [group(0, { leader: "" })] });
    const response = await get("/ready");
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, status: "waits for the leader of the list of topics" },
    ]);
  });
});

describe("GET /live", () => {
  const withTurns = (turns: number) =>
    nodeStatus({ isReady: false, groups: [], metrics: { ...nodeStatus().metrics, turns } });

  it("is 200 as soon as the loop made another round, also before the store is read", async () => {
    engine.current = withTurns(7);
    const get = await start();
    const asked = get("/live");
    const ticks = setInterval(() => {
      engine.current = withTurns(engine.current.metrics.turns + 1);
    }, 50);
    const response = await asked;
    clearInterval(ticks);
    expect([response.status, await response.json()]).toEqual([200, { live: true, status: "ok" }]);
  });

  it("is 503 when the loop stands still", async () => {
    engine.current = withTurns(7);
    const response = await (await start())("/live");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ live: false });
  });
});

describe("GET /raft/status", () => {
  it("shows the meta group as the node's Raft, and the others beside it", async () => {
    const partition = group(7, {
      topic: "jobs",
      partition: 1,
      role: "stopped",
      stoppedBecause: "Q3: two live leases",
      counts: NO_COUNTS,
    });
    engine.current = nodeStatus({ groups: [group(0, { voters: ["n1", "n2"] }), partition] });
    const response = await (await start())("/raft/status");
    expect(await response.json()).toEqual({
      node_id: "n1",
      state: "Follower",
      is_leader: false,
      leader: "127.0.0.1:8301",
      term: 3,
      last_log_index: 12,
      last_log_term: 3,
      commit_index: 11,
      applied_index: 10,
      cluster_size: 3,
      voters: 2,
      servers: [
        { id: "n1", address: "127.0.0.1:8300", suffrage: "Voter" },
        { id: "n2", address: "127.0.0.1:8301", suffrage: "Voter" },
        { id: "n3", address: "127.0.0.1:8302", suffrage: "Nonvoter" },
      ],
      cluster_id: "00000000000000aa",
      refusals: [],
      open_streams: 0,
      pending_requests: 0,
      groups: [
        expect.objectContaining({ group: 0, state: "Follower" }),
        expect.objectContaining({
          group: 7,
          topic: "jobs",
          partition: 1,
          state: "Shutdown",
          stopped_because: "two live leases [Q3]",
        }),
      ],
    });
  });

  it("names the leader by its id on the leader", async () => {
    engine.current = nodeStatus({ groups: [group(0, { role: "leader", leader: "n1" })] });
    const response = await (await start())("/raft/status");
    expect(await response.json()).toMatchObject({ state: "Leader", is_leader: true, leader: "n1" });
  });
});

describe("GET /stats", () => {
  it("asks the cluster and answers in numbers", async () => {
    const partition = {
      partitionId: 0,
      messages: 3,
      inflight: 1,
      leaderNode: "n2",
      replicaNodes: ["n1"],
      isHealthy: true,
    };
    engine.answer = () => ({
      ok: true,
      op: "stats",
      global: { ...NO_COUNTS, totalMessages: 3 },
      topics: new Map([["__proto__", { ...NO_COUNTS, totalAcks: 5, partitions: [partition] }]]),
    });
    const text = await (await (await start())("/stats")).text();
    expect(text).toMatch(/^\{"global_stats":\{"total_messages":3,/);
    expect(text).toMatch(/"topic_stats":\{"__proto__":\{.*"total_acks":5,/);
    expect(text).toMatch(/"leader_node":"n2"/);
  });

  it("says why when the cluster cannot answer", async () => {
    const message = "No leader. Try again.";
    engine.answer = () => ({ ok: false, failure: { code: "UNAVAILABLE", message } });
    const response = await (await start())("/stats");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: message });
  });
});

describe("everything else", () => {
  it("refuses POST /join with a sentence, and other methods", async () => {
    const get = await start();
    const join = await get("/join", { method: "POST", body: '{"node_id":"n4"}' });
    expect(join.status).toBe(501);
    expect(await join.json()).toEqual({ error: expect.stringMatching(/INITIAL_CLUSTER/) });
    expect((await get("/join")).status).toBe(405);
    expect((await get("/health", { method: "DELETE" })).headers.get("allow")).toBe("GET");
    expect(await (await get("/nothing")).json()).toEqual({
      error: "Nothing here. Try /live, /health, /ready, /raft/status, /stats, /join, /metrics.",
    });
  });

  it("follows AUTH_MODE where the contract says so", async () => {
    const get = await start({ authMode: "optional" });
    catchUp.appendHeard(0, 3, 10);
    const headers = { authorization: "Bearer dh_a_b" };
    expect((await get("/raft/status", { headers })).status).toBe(401);
    expect((await get("/stats", { headers })).status).toBe(401);
    expect((await get("/health", { headers })).status).toBe(200);
    expect((await get("/raft/status")).status).toBe(200);
  });

  it("serves metrics on its own door, or nowhere when they are off", async () => {
    const alone = await start({}, metricsRoutes);
    expect((await alone("/metrics")).headers.get("content-type")).toMatch(/^text\/plain/);
    expect((await alone("/health")).status).toBe(404);
    const without = await start({ metrics: undefined });
    expect((await without("/metrics")).status).toBe(404);
  });
});
