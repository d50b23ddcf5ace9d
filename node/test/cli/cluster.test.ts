// cluster status over real HTTP: healthy, part of it down, no leader, not a node at all.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Cli } from "./support/cli.js";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

interface NodeState {
  id: string;
  state: "Leader" | "Follower" | "Candidate";
  leader: string;
  healthy?: boolean;
  cluster?: string;
  stopped?: string;
  /** Who leads partition 1; empty: nobody. */
  leads?: string;
  /** What it says on /health. */
  says?: string;
  refusals?: string[];
  /** How long its answers take. */
  afterMs?: number;
}

const partState = (id: string, leader: string) => ({
  state: id === leader ? "Leader" : "Follower",
  leader,
});

async function serve(
  answer: (path: string) => { code: number; body: string },
  afterMs = 0,
): Promise<string> {
  const server = createServer((request, response) => {
    const { code, body } = answer(request.url ?? "");
    const send = () => response.writeHead(code, { "content-type": "application/json" }).end(body);
    if (afterMs === 0) send();
    else setTimeout(send, afterMs);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function nodeAt(node: NodeState): Promise<string> {
  const { id, state, leader, healthy = true, cluster = "c1", stopped, leads = "n2" } = node;
  const says = node.says ?? (healthy ? "ok" : "no leader");
  const isLeader = state === "Leader";
  return serve((path) => {
    if (path === "/health") {
      const body = { healthy, is_leader: isLeader, leader, status: says };
      return { code: healthy ? 200 : 503, body: JSON.stringify(body) };
    }
    const body = {
      node_id: id,
      state,
      is_leader: isLeader,
      leader,
      term: 4,
      last_log_index: 12,
      last_log_term: 4,
      commit_index: 12,
      applied_index: 11,
      cluster_size: 3,
      voters: 3,
      servers: [{ id: "n1", address: "127.0.0.1:8300", suffrage: "Voter" }],
      cluster_id: cluster,
      refusals: node.refusals,
      groups: [
        { group: 0, state },
        { group: 1, topic: "jobs", partition: 0, ...partState(id, "n1") },
        {
          ...{ group: 2, topic: "jobs", partition: 1, ...partState(id, leads) },
          ...(stopped === undefined ? {} : { stopped_because: stopped }),
        },
      ],
    };
    return { code: path === "/raft/status" ? 200 : 404, body: JSON.stringify(body) };
  }, node.afterMs);
}

const status = (addresses: string[], ...more: string[]) =>
  new Cli().run("cluster", "status", "--http", addresses.join(","), ...more);

const threeNodes = () =>
  Promise.all([
    nodeAt({ id: "n1", state: "Leader", leader: "n1" }),
    nodeAt({ id: "n2", state: "Follower", leader: "127.0.0.1:8300" }),
    nodeAt({ id: "n3", state: "Follower", leader: "127.0.0.1:8300" }),
  ]);

describe("cluster status", () => {
  it("shows every node and exits with 0 when all is well", async () => {
    const addresses = await threeNodes();
    const { code, out } = await status(addresses);
    expect(code).toBe(0);
    const rows = out.split("\n").map((line) => line.split(/ {2,}/).slice(0, 3));
    expect(rows.slice(1, 4)).toEqual([
      ["n1", addresses[0], "Leader"],
      ["n2", addresses[1], "Follower"],
      ["n3", addresses[2], "Follower"],
    ]);
    // The leader by its name, and how many partitions each leads of those it holds.
    expect(out.match(/ n1 +[01]\/2 +ok$/gm)?.length).toBe(3);
    expect(out.match(/ n1 +1\/2 +ok$/gm)?.length).toBe(2);
    expect(out).toContain("3 of 3 nodes answer; n1 leads in term 4.");
    expect(out).toContain("The cluster is up: every topic is served.\n");
  });

  it("waits for a slow node for as long as --timeout says", async () => {
    const slow = { id: "n1", state: "Leader", leader: "n1", afterMs: 300 } as const;
    const addresses = [await nodeAt(slow)];
    expect((await status(addresses, "--timeout", "100ms")).code).toBe(3);
    expect((await status(addresses, "--timeout", "30s")).out).toContain("1 of 1 nodes answer");
    expect((await status(addresses)).out).toContain("1 of 1 nodes answer");
  });

  it("is not up while a partition has no leader, and says so once", async () => {
    const waits = { healthy: false, says: "waits for the leader of jobs, partition 1" };
    const nodes = ["n1", "n2"].map((id) =>
      nodeAt({ id, state: id === "n1" ? "Leader" : "Follower", leader: "n1", leads: "", ...waits }),
    );
    const addresses = await Promise.all(nodes);
    const { code, out } = await status(addresses);
    expect(code).toBe(1);
    expect(out).toContain("The cluster is not up. It waits for the leader of jobs, partition 1.\n");
    const json = JSON.parse((await status(addresses, "-o", "json")).out) as object;
    expect(json).toMatchObject({ healthy: false, waits_for: ["the leader of jobs, partition 1"] });
  });

  it("says which node does not know a leader that there is", async () => {
    const waits = { healthy: false, says: "waits for the leader of jobs, partition 1" };
    const nodes = [nodeAt({ id: "n1", state: "Leader", leader: "n1", ...waits })];
    const addresses = await Promise.all([
      ...nodes,
      nodeAt({ id: "n2", state: "Follower", leader: "127.0.0.1:8300" }),
    ]);
    const { code, out } = await status(addresses);
    expect(code).toBe(1);
    expect(out).toContain("It waits for n1 (waits for the leader of jobs, partition 1).\n");
  });

  it("does not take a leader's name for a leader while nodes are missing", async () => {
    const node = await nodeAt({ id: "n1", state: "Leader", leader: "n1" });
    const { out } = await status([node, "127.0.0.1:1"]);
    expect(out).toMatch(
      /is not up\. It waits for the node at 127\.0\.0\.1:1 .*, the leader of jobs, part/,
    );
  });

  it("tells of a group that has stopped, and exits with 1", async () => {
    const stopped = "R4: logs differ.";
    const address = await nodeAt({ id: "n1", state: "Leader", leader: "n1", stopped });
    const { code, out } = await status([address]);
    expect(code).toBe(1);
    expect(out).toContain("n1: jobs, partition 1, has stopped: R4: logs differ.");
  });

  it("says which links are refused, by whom and what to do", async () => {
    const refused = "n1 refuses this node: Because. Do this.";
    const addresses = await Promise.all([
      nodeAt({
        ...{ id: "n1", state: "Leader", leader: "n1", leads: "n1" },
        refusals: ["this node refuses n2: Because. Do this."],
      }),
      nodeAt({
        ...{ id: "n2", state: "Candidate", leader: "", healthy: false },
        ...{ says: `waits for the list of topics; ${refused}`, refusals: [refused] },
      }),
    ]);
    const { code, out } = await status(addresses);
    expect(code).toBe(1);
    expect(out).toContain("n2 (waits for the list of topics).\n");
    expect(out).toContain("\nn1: this node refuses n2: Because. Do this.\n");
    expect(out).toContain(`\nn2: ${refused}\n`);
  });

  it("tells of nodes that belong to different clusters", async () => {
    const addresses = await Promise.all([
      nodeAt({ id: "n1", state: "Leader", leader: "n1" }),
      nodeAt({ id: "n1", state: "Follower", leader: "n2", cluster: "c2" }),
    ]);
    const { code, out } = await status(addresses);
    expect(code).toBe(1);
    expect(out).toContain("belong to 2 clusters: c1, c2");
  });

  it("takes a node that says nothing of groups", async () => {
    const address = await serve((path) => {
      const health = { healthy: true, is_leader: true, leader: "n1" };
      const raft = { node_id: "n1", state: "Leader", term: 1, commit_index: 1, applied_index: 1 };
      return {
        code: 200,
        body: JSON.stringify(path === "/health" ? health : { ...health, ...raft }),
      };
    });
    expect((await status([address])).code).toBe(0);
  });

  it("gives the nodes' own words in JSON", async () => {
    const { out } = await status(await threeNodes(), "-o", "json");
    expect(JSON.parse(out)).toMatchObject({
      healthy: true,
      leader: "n1",
      nodes: [{ reachable: true, raft: { node_id: "n1", last_log_index: 12 } }, {}, {}],
    });
  });

  it("exits with 1 when one node is down", async () => {
    const [first = "", second = ""] = await threeNodes();
    servers[2]?.close().closeAllConnections();
    const { code, out } = await status([first, second, "127.0.0.1:1"]);
    expect(code).toBe(1);
    expect(out).toMatch(/127\.0\.0\.1:1 +unreachable/);
    expect(out).toContain("2 of 3 nodes answer; n1 leads");
  });

  it("exits with 1 without a leader, and reads the body of a 503", async () => {
    const lost = { state: "Candidate", leader: "", healthy: false } as const;
    const addresses = await Promise.all(["n1", "n2"].map((id) => nodeAt({ id, ...lost })));
    const { code, out } = await status(addresses);
    expect(code).toBe(1);
    expect(out).toContain("no leader is known");
    expect(out).toContain("not healthy");
  });

  it("exits with 1 when two claim to lead", async () => {
    const addresses = await Promise.all(
      ["n1", "n2"].map((id) => nodeAt({ id, state: "Leader", leader: id })),
    );
    const { code, out } = await status(addresses);
    expect([code, out.includes("n1 and n2 think they lead")]).toEqual([1, true]);
  });

  it("knows the leader from a follower, when the leader was not asked", async () => {
    const follower = { state: "Follower", leader: "127.0.0.1:8300" } as const;
    const { code, out } = await status([await nodeAt({ id: "n2", ...follower })]);
    expect(code).toBe(0);
    expect(out).toContain("1 of 1 nodes answer; n1 leads in term 4.");
  });

  it("exits with 3 when none answers, and says what to do", async () => {
    const { code, out } = await status(["127.0.0.1:1", "127.0.0.1:2"]);
    expect(code).toBe(3);
    expect(out).toContain("Start the cluster");
  });

  it("does not take another server for a node", async () => {
    const other = await serve(() => ({ code: 200, body: '{"hello":"world"}' }));
    const { code, out } = await status([other]);
    expect(code).toBe(3);
    expect(out).toContain("is not a Disheap node");
  });

  it.each([
    [
      ["--endpoints", "127.0.0.1:9,[::1]:20000"],
      ["127.0.0.1:109", "[::1]:20100"],
    ],
    [["--endpoint", "10.255.255.1:9092", "--timeout", "1ms"], ["10.255.255.1:8082"]],
  ])("asks the HTTP ports beside %j", async (args, expected) => {
    const { out } = await new Cli().run("cluster", "status", "-o", "json", ...args);
    const { nodes } = JSON.parse(out) as { nodes: { address: string }[] };
    expect(nodes.map((node) => node.address)).toEqual(expected);
  });

  it("says when the HTTP port cannot be guessed", async () => {
    const { code, err } = await new Cli().run(
      "cluster",
      "status",
      "--endpoints",
      "127.0.0.1:65500",
    );
    expect([code, err.includes("--http")]).toEqual([2, true]);
  });

  it("takes its addresses from the environment", async () => {
    const addresses = await threeNodes();
    const cli = new Cli({ env: { DISHEAP_HTTP: `http://${addresses[0]}/, ${addresses[1]}` } });
    expect((await cli.run("cluster", "status")).out).toContain("2 of 2 nodes answer");
  });
});
