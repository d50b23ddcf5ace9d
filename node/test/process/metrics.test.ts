// Every metric, read from real nodes after an event that must move it: two nodes of a cluster of three,
// and in place of the third one that only speaks nonsense.
import { Cluster, seenWithin, until } from "@disheap/harness";
import { createGrpcNetwork } from "@disheap/io/grpc";
import { memberCard } from "@disheap/io/level";
import { DisheapClient, EnqueueReq, MakeHeapReq, NackReq, type PopItem } from "@disheap/proto";
import { type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask } from "../support/grpc-fixture.js";
import { MetricsPage } from "../support/metrics-page.js";

const JOBS = '{topic="jobs"}';
const PARTITION = '{topic="jobs",partition="0"}';
const stage = (name: string): string => `stage_latency_ms_count{stage="${name}"}`;
const PAYLOAD = Buffer.alloc(256, 1);

const WAIT_MAX_MS = 15_000;

let cluster: Cluster;
let client: DisheapClient;
let members: { name: string; address: string }[];
let pages: string[];
let stream: ClientDuplexStream<unknown, PopItem>;
const items: PopItem[] = [];

beforeAll(async () => {
  cluster = await Cluster.place({ nodes: 3 });
  members = cluster.nodes.map(({ name, addresses }) => ({ name, address: addresses.raft }));
  const real = cluster.nodes.slice(0, 2);
  pages = real.map(({ metrics }) => `${metrics}/metrics`);
  // The first start needs every member; then the third makes room.
  for (const node of cluster.nodes) node.start();
  for (const node of cluster.nodes) await node.healthy();
  await cluster.node("n3").stop();
  client = new DisheapClient(cluster.node("n1").endpoint, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await cluster.close();
});

/** Does the event, then waits until every sample has moved by its amount ("more": by anything above 0). */
async function moves(
  event: () => Promise<unknown>,
  expected: Readonly<Record<string, number | "more">>,
): Promise<void> {
  const before = await MetricsPage.of(pages);
  await event();
  let wrong: string[] = [];
  const hold = async (): Promise<boolean> => {
    const after = await MetricsPage.of(pages);
    wrong = Object.entries(expected).flatMap(([sample, by]) => {
      seen.add(sample.replace(/\{.*/, "").replace(/_(count|sum)$/, ""));
      const moved = after.get(sample) - before.get(sample);
      return (by === "more" ? moved > 0 : moved === by) ? [] : [`${sample} moved by ${moved}`];
    });
    return wrong.length === 0;
  };
  await seenWithin(WAIT_MAX_MS, hold);
  expect(wrong).toEqual([]);
}
const seen = new Set<string>();

async function delivery(number: number): Promise<PopItem> {
  stream.write({ kind: { $case: "flowControl", value: { credits: 1 } } });
  await until(`delivery ${number} came`, WAIT_MAX_MS, () => items.length >= number);
  return items[number - 1] as PopItem;
}

it("a new topic: groups elect leaders and apply their first entries", { timeout: 60_000 }, () =>
  moves(
    async () => {
      const topic = MakeHeapReq.create({
        topic: "jobs",
        partitions: 1,
        replicationFactor: 3,
        maxRetriesDefault: 1,
      });
      expect(await ask((done) => client.makeHeap(topic, done))).toHaveProperty("ok");
      const stats = () => ask((done) => client.stats({ topic: "jobs" }, done));
      await until("the topic answers", WAIT_MAX_MS, async () => "ok" in (await stats()));
    },
    { raft_applied_entries_total: "more", raft_leader_changes_total: "more" },
  ),
);

it("an enqueue: one call, one message in the backlog, through every stage to two disks", () =>
  moves(
    async () => {
      const request = EnqueueReq.create({ topic: "jobs", payload: PAYLOAD, priority: 1n });
      expect(await ask((done) => client.enqueue(request, done))).toHaveProperty("ok");
    },
    {
      [`enqueue_latency_ms_count${JOBS}`]: 1,
      [`enqueue_latency_ms_sum${JOBS}`]: "more",
      [`backlog${PARTITION}`]: 1,
      [`raft_apply_latency_ms_count${PARTITION}`]: 1,
      [`raft_apply_latency_ms_sum${PARTITION}`]: "more",
      [stage("turn")]: "more",
      [stage("queue")]: 1,
      [stage("sync")]: "more",
      [stage("commit")]: 1,
      [stage("apply")]: 1,
      wal_bytes_written_total: "more",
      storage_syncs_total: "more",
      turns_total: "more",
      turn_events_total: "more",
      peer_frames_sent_total: "more",
      peer_frames_received_total: "more",
    },
  ));

it("a delivery: the message leaves the backlog and is in flight", () =>
  moves(
    async () => {
      stream = client.popStream() as never;
      stream.on("error", () => undefined);
      stream.on("data", (item: PopItem) => items.push(item));
      const visibilityTimeout = { seconds: 1n, nanos: 0 };
      const value = { topic: "jobs", partitionIds: [], visibilityTimeout };
      stream.write({ kind: { $case: "filter", value } });
      await delivery(1);
    },
    { [`pop_latency_ms_count${JOBS}`]: 1, [`inflight${JOBS}`]: 1, [`backlog${PARTITION}`]: -1 },
  ));

it("a nack: one retry", () =>
  moves(
    async () => {
      const [{ messageId, leaseToken }] = items as [PopItem];
      const backoffOverride = { seconds: 0n, nanos: 0 };
      const nack = NackReq.create({ topic: "jobs", messageId, leaseToken, backoffOverride });
      expect(await ask((done) => client.nack(nack, done))).toHaveProperty("ok");
    },
    { [`retries_total${JOBS}`]: 1, [`inflight${JOBS}`]: -1, [`backlog${PARTITION}`]: 1 },
  ));

it("a lease that runs out beyond the limit: one timeout, one dead letter", () =>
  moves(() => delivery(2), {
    [`lease_timeouts_total${JOBS}`]: 1,
    [`dlq_total${JOBS}`]: 1,
    [`backlog${PARTITION}`]: -1,
  }));

it("time alone: heartbeats are answered", () =>
  moves(() => Promise.resolve(), { [stage("network")]: "more" }));

it("a member that speaks nonsense: its frame is refused", async () => {
  const { card } = await memberCard(cluster.node("n3").dataFolder, "n3");
  const network = createGrpcNetwork({
    node: "n3",
    members,
    listen: members[2]?.address ?? "",
    secret: "",
    isLoopback: true,
    push: (event) => {
      if (event.kind === "peer.hello") network.answer(event.call, undefined);
    },
    log: () => undefined,
  });
  network.start(() => network.introduce(card));
  await until("both links are up", WAIT_MAX_MS, () => network.stats().every(({ isUp }) => isUp));
  await moves(
    () => {
      network.send(1, Uint8Array.of(1, 2, 3));
      return Promise.resolve();
    },
    { peer_frames_refused_total: 1 },
  );
  await new Promise<void>((resolve) => network.close(resolve));
});

it("what does not move: the size of the cluster, and snapshots, which do not exist", async () => {
  const page = await MetricsPage.of(pages);
  expect(page.get("raft_cluster_size")).toBe(2 * 3);
  expect(page.get("snapshot_bytes")).toBe(0);
  // Four replicas on two nodes: of the list of topics, and of the partition.
  expect(page.get('held_items{what="groups"}')).toBe(4);
  expect(page.get('held_items{what="streams"}')).toBeGreaterThan(0);
  expect(page.get('held_bytes{what="logs"}')).toBeGreaterThan(2 * PAYLOAD.length);
  // Two nodes, each with its own.
  expect(page.get('budget_limit{budget="streams"}')).toBe(2 * 20_000);
  expect(page.get('budget_used{budget="streams"}')).toBe(1);
  const quiet = ["budget_refusals_total", "releases_given_up_total", "grants_late_total"];
  const sizes = ["raft_cluster_size", "snapshot_bytes", "held_items", "held_bytes"];
  const still = [...quiet, ...sizes, "budget_used", "budget_limit"];
  expect([...page.declared].sort()).toEqual([...seen, ...still].sort());
});
