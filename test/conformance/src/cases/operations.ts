// Sections 15 and 16: health, reflection, and the HTTP port.

import assert from "node:assert/strict";
import { credentials, Client, type ServiceError } from "@grpc/grpc-js";
import { type Rig, refused } from "../rig.js";
import type { Case } from "../case.js";
import { field, watchHealth } from "../health.js";
import { until } from "../wait.js";

const SERVING = 1;
const SERVICE_UNKNOWN = 3;
const SERVICE = "disheap.v1.Disheap";

/** Those that have no sample before something went wrong, or before snapshots exist, are named only. */
const METRICS: readonly (readonly [
  string,
  "histogram" | "gauge" | "counter",
  readonly string[],
])[] = [
  ["enqueue_latency_ms", "histogram", ["topic"]],
  ["pop_latency_ms", "histogram", ["topic"]],
  ["raft_apply_latency_ms", "histogram", ["partition"]],
  ["inflight", "gauge", ["topic"]],
  ["backlog", "gauge", ["topic", "partition"]],
  ["retries_total", "counter", ["topic"]],
  ["dlq_total", "counter", ["topic"]],
  ["lease_timeouts_total", "counter", ["topic"]],
  ["wal_bytes_written_total", "counter", []],
  ["snapshot_bytes", "gauge", []],
];

const WELL_KNOWN = [
  "google.protobuf.Duration",
  "google.protobuf.Timestamp",
  "google.protobuf.Empty",
];

const same = (bytes: Buffer): Buffer => bytes;

function check(rig: Rig, place: number, service: string): Promise<Buffer> {
  const method = {
    path: "/grpc.health.v1.Health/Check",
    requestSerialize: same,
    responseDeserialize: same,
  };
  return rig.call(method, field(1, service), { place });
}

/** One question to a reflection service; the answer as it came. */
function reflect(endpoint: string, version: string, request: Buffer): Promise<Buffer> {
  const client = new Client(endpoint, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    same,
    same,
  );
  return new Promise<Buffer>((resolve, reject) => {
    call.on("data", resolve);
    call.on("error", (error: ServiceError) => {
      reject(error);
    });
    call.write(request);
    call.end();
  }).finally(() => {
    client.close();
  });
}

async function get(url: string): Promise<{ code: number; text: string; json: unknown }> {
  const response = await fetch(url);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { code: response.status, text, json: isJson ? (JSON.parse(text) as unknown) : undefined };
}

interface RaftStatus {
  readonly node_id: string;
  readonly state: string;
  readonly is_leader: boolean;
  readonly leader: string;
  readonly term: number;
  readonly servers: readonly { id: string; address: string; suffrage: string }[];
  readonly [key: string]: unknown;
}

async function raftStatuses(rig: Rig): Promise<RaftStatus[]> {
  const answers = await Promise.all(rig.nodes.map((node) => get(`${node.http}/raft/status`)));
  return answers.map(({ json }) => json as RaftStatus);
}

export function operationCases(): Case[] {
  return [
    {
      section: 15,
      rule: "health Check is SERVING for the server and the service on every node, NOT_FOUND for others",
      way: "calls",
      run: async (rig) => {
        for (const place of rig.nodes.keys()) {
          for (const name of ["", SERVICE]) {
            assert.deepEqual([...(await check(rig, place, name))], [8, SERVING]);
          }
          await refused("NOT_FOUND", check(rig, place, "other"));
        }
      },
    },
    {
      section: 15,
      rule: "health Watch tells the present state at once, of an unknown service SERVICE_UNKNOWN",
      way: "calls",
      run: async (rig) => {
        for (const [name, state] of [
          ["", SERVING],
          [SERVICE, SERVING],
          ["other", SERVICE_UNKNOWN],
        ] as const) {
          const watch = watchHealth(rig.client(rig.place()), name);
          await until(name, () => Promise.resolve(watch.states.length > 0));
          assert.deepEqual(watch.states, [state]);
          watch.cancel();
        }
      },
    },
    {
      section: 15,
      rule: "reflection v1 and v1alpha list the service and resolve it, the well-known types, and nothing else",
      way: "calls",
      run: async (rig) => {
        for (const version of ["v1", "v1alpha"]) {
          const { endpoint } = rig.node(rig.place());
          assert((await reflect(endpoint, version, field(7, "*"))).includes(SERVICE));
          const file = await reflect(endpoint, version, field(4, SERVICE));
          for (const name of ["disheap.proto", "google/protobuf/duration.proto", "PopStream"]) {
            assert(file.includes(name), name);
          }
          for (const symbol of WELL_KNOWN) {
            const known = await reflect(endpoint, version, field(4, symbol));
            assert(known.includes("google.protobuf"), symbol);
          }
          // Field 7 of the answer is an error, its code the first field of that.
          const unknown = await reflect(endpoint, version, field(4, "no.such.Symbol"));
          assert(unknown.includes(Buffer.from([8, 5])), "an unknown symbol is not NOT_FOUND");
        }
      },
    },
    {
      section: 16,
      rule: "/health is compact JSON with exactly the four fields, 200 on every node",
      way: "calls",
      run: async (rig) => {
        // Cases beside this one make topics, and one before it may have restarted every node: until each
        // partition has a leader, a node rightly answers 503.
        const health = (node: Rig["nodes"][number]): ReturnType<typeof get> =>
          get(`${node.http}/health`);
        let answers: Awaited<ReturnType<typeof get>>[] = [];
        await until("every group has a leader", async () => {
          answers = await Promise.all(rig.nodes.map(health));
          return answers.every(({ code }) => code === 200);
        });
        for (const { text } of answers) {
          assert.match(
            text,
            /^\{"healthy":true,"is_leader":(true|false),"leader":"127\.0\.0\.1:\d+","status":"ok"\}$/,
          );
        }
      },
    },
    {
      section: 16,
      rule: "exactly one node says is_leader, and all name the same leader",
      way: "calls",
      run: async (rig) => {
        await until("one leader is named by all", async () => {
          const answers = await Promise.all(rig.nodes.map((node) => get(`${node.http}/health`)));
          const leading = answers.filter(({ text }) => text.includes('"is_leader":true'));
          const named = answers.map(({ json }) => (json as { leader: string }).leader);
          return leading.length === 1 && new Set(named).size === 1;
        });
      },
    },
    {
      section: 16,
      rule: "/raft/status has the contract's fields, one Leader, the same term everywhere",
      way: "calls",
      run: async (rig) => {
        await until("the meta group is settled", async () => {
          const all = await raftStatuses(rig);
          const isOneTerm = new Set(all.map(({ term }) => term)).size === 1;
          return isOneTerm && all.filter(({ state }) => state === "Leader").length === 1;
        });
        for (const status of await raftStatuses(rig)) {
          for (const name of [
            "term",
            "last_log_index",
            "last_log_term",
            "commit_index",
            "applied_index",
            "cluster_size",
          ]) {
            assert.equal(typeof status[name], "number", name);
          }
          assert(["Leader", "Follower"].includes(status.state), status.state);
          assert.equal(status.is_leader, status.state === "Leader");
          assert.equal(status.servers.length, rig.nodes.length);
          const leader = status.servers.find(({ id, address }) =>
            status.is_leader ? id === status.leader : address === status.leader,
          );
          assert(leader !== undefined, `leader ${status.leader} is no server`);
          assert(status.servers.every(({ suffrage }) => suffrage === "Voter"));
          assert(rig.nodes.some(({ name }) => name === status.node_id));
        }
      },
    },
    {
      section: 16,
      rule: "/stats holds numbers, per topic too, on every node",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueueAll(topic, [1n, 2n]);
        for (const node of rig.nodes) {
          const { code, json } = await get(`${node.http}/stats`);
          const stats = json as {
            global_stats: Record<string, number>;
            topic_stats: Record<string, Record<string, number>>;
          };
          assert.equal(code, 200);
          for (const name of [
            "total_messages",
            "inflight_messages",
            "dlq_messages",
            "total_enqueues",
            "total_pops",
            "total_acks",
            "total_nacks",
            "total_retries",
            "total_timeouts",
          ]) {
            assert.equal(typeof stats.global_stats[name], "number", name);
            assert.equal(typeof stats.topic_stats[topic]?.[name], "number", name);
          }
          assert.equal(stats.topic_stats[topic]?.["total_messages"], 2);
        }
      },
    },
    {
      section: 16,
      rule: "/metrics is Prometheus text on its own port and on the HTTP port",
      way: "calls",
      run: async (rig) => {
        for (const node of rig.nodes) {
          for (const url of [`${node.metrics}/metrics`, `${node.http}/metrics`]) {
            const { code, text } = await get(url);
            assert.equal(code, 200);
            assert.match(text, /^# TYPE enqueue_latency_ms histogram$/m);
          }
        }
      },
    },
    {
      section: 21,
      rule: "every metric of the contract is there, with its type and its labels",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic);
        await rig.ack(item);
        pop.cancel();
        let texts: string[] = [];
        const sampleOf = (name: string): string | undefined => {
          // What belongs to a topic or a partition is reported where it happened or is led.
          const line = new RegExp(`^${name}(_count)?\\{.*topic="${topic}".*\\} [0-9]`, "m");
          return texts.map((text) => line.exec(text)?.[0]).find((found) => found !== undefined);
        };
        const labelled = METRICS.filter(([, , labels]) => labels.length > 0);
        // A node learns the labels of a new partition within about a second.
        await until(`every metric has a sample of ${topic}`, async () => {
          await rig.enqueue(topic);
          const answers = rig.nodes.map((node) => get(`${node.metrics}/metrics`));
          texts = (await Promise.all(answers)).map(({ text }) => text);
          return labelled.every(([name]) => sampleOf(name) !== undefined);
        });
        for (const [name, type, labels] of METRICS) {
          for (const text of texts) assert.match(text, new RegExp(`^# TYPE ${name} ${type}$`, "m"));
          const found = sampleOf(name) ?? "";
          for (const label of labels) assert(found.includes(`${label}="`), `${found}: ${label}`);
        }
      },
    },
    {
      section: 16,
      rule: "POST /join is refused with a sentence while membership cannot change; other methods are 405",
      way: "calls",
      run: async (rig) => {
        const { http } = rig.node(0);
        const body = JSON.stringify({ node_id: "n9", address: "127.0.0.1:1" });
        const post = await fetch(`${http}/join`, { method: "POST", body });
        assert(post.status >= 400, String(post.status));
        assert.match(((await post.json()) as { error: string }).error, /INITIAL_CLUSTER/);
        for (const method of ["GET", "PUT", "DELETE"]) {
          const answer = await fetch(`${http}/join`, { method });
          await answer.arrayBuffer();
          assert.equal(answer.status, 405, method);
        }
      },
    },
    {
      section: 16,
      rule: "other paths are 404 and say what there is",
      way: "calls",
      run: async (rig) => {
        const { code, text } = await get(`${rig.node(0).http}/nothing`);
        assert.equal(code, 404);
        assert(text.includes("/health"));
      },
    },
  ];
}
