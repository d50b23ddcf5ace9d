import { readFileSync } from "node:fs";
import type { Census, GroupStatus, NodeStatus } from "@disheap/core";
import { expect, it } from "vitest";
import { HELD_BYTES, HELD_ITEMS } from "../../src/metrics/held.js";
import { NodeMetrics } from "../../src/metrics/node-metrics.js";
import { STAGES } from "../../src/metrics/stages.js";
import { group, NO_CENSUS, NO_COUNTS, nodeStatus } from "../support/status.js";

const METRICS_DOCUMENT = readFileSync(
  new URL("../../../docs/operating/metrics.md", import.meta.url),
  "utf8",
);

const CONTRACT = [
  "enqueue_latency_ms",
  "pop_latency_ms",
  "inflight",
  "backlog",
  "retries_total",
  "dlq_total",
  "lease_timeouts_total",
  "raft_apply_latency_ms",
  "snapshot_bytes",
  "wal_bytes_written_total",
];

function partition(number: number, counts: object, part: Partial<GroupStatus> = {}): GroupStatus {
  return group(number, {
    topic: "jobs",
    partition: number - 1,
    role: "leader",
    counts: { ...NO_COUNTS, ...counts },
    ...part,
  });
}

function metricsOf(status: () => NodeStatus, census: Census = NO_CENSUS): NodeMetrics {
  return new NodeMetrics(status, () => census);
}

function metricsOver(groups: GroupStatus[][]) {
  let turn = 0;
  const metrics = metricsOf(() => {
    const now = groups[Math.min(turn++, groups.length - 1)] ?? [];
    return nodeStatus({
      groups: now,
      topics: [...new Set(now.flatMap(({ topic }) => topic ?? []))],
    });
  });
  return {
    metrics,
    lines: async () => (await metrics.render()).body.split("\n").filter((l) => !l.startsWith("#")),
  };
}

it("declares every metric of the contract with a help text", async () => {
  const { metrics } = metricsOver([[]]);
  const { body } = await metrics.render();
  for (const name of CONTRACT) {
    expect(body).toMatch(new RegExp(`^# HELP ${name} [A-Z].*\\.$`, "m"));
  }
});

it("declares nothing that the operators' document does not explain", async () => {
  const { metrics } = metricsOver([[]]);
  const { body } = await metrics.render();
  const names = [...body.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name);
  const explained = [...METRICS_DOCUMENT.matchAll(/^(?:\||-) `([a-z_]+)`/gm)].map(
    ([, name]) => name,
  );
  expect(explained.sort()).toEqual(names.sort());
  const stages = [...METRICS_DOCUMENT.matchAll(/^(?:\||-) `stage="([a-z]+)"`/gm)].map(
    ([, name]) => name,
  );
  expect(stages.sort()).toEqual(Object.keys(STAGES).sort());
  for (const [metric, table] of Object.entries({
    held_items: HELD_ITEMS,
    held_bytes: HELD_BYTES,
  })) {
    const row = new RegExp(`^(?:\\||-) \`${metric}\\{what="([a-zA-Z]+)"\\}\``, "gm");
    const told = [...METRICS_DOCUMENT.matchAll(row)].map(([, what]) => what);
    expect(told.sort()).toEqual(Object.keys(table).sort());
  }
});

it("shows what the node holds, each count under its name and the bytes of all its replicas", async () => {
  const status = nodeStatus({
    groups: [
      group(0),
      group(1, {
        held: {
          logBytes: 10,
          logTableBytes: 20,
          queuedBytes: 30,
          proposedBytes: 40,
          producers: 5,
          producerBytes: 600,
        },
      }),
    ],
  });
  const counts = Object.keys(NO_CENSUS).map((name, i) => [name, i + 1] as const);
  const census = Object.fromEntries(counts) as unknown as Census;
  const lines = (await metricsOf(() => status, census).render()).body.split("\n");
  for (const [name, count] of [...counts, ["producers", 5]]) {
    expect(lines).toContain(`held_items{what="${name}"} ${count}`);
  }
  const bytes = { logs: 11, logTables: 22, queued: 33, proposed: 44, producers: 600 };
  for (const [name, count] of Object.entries(bytes)) {
    expect(lines).toContain(`held_bytes{what="${name}"} ${count}`);
  }
  for (const name of ["rss", "heap", "buffers"]) {
    const line = lines.find((one) => one.startsWith(`held_bytes{what="${name}"}`));
    expect(Number(line?.split(" ")[1])).toBeGreaterThan(1_000);
  }
});

it("shows backlog and inflight of led partitions only", async () => {
  const { lines } = metricsOver([
    [
      partition(1, { totalMessages: 10, inflightMessages: 4 }),
      partition(2, { totalMessages: 5, inflightMessages: 5 }),
      partition(3, { totalMessages: 99, inflightMessages: 9 }, { role: "follower" }),
    ],
  ]);
  const found = await lines();
  expect(found).toContain('backlog{topic="jobs",partition="0"} 6');
  expect(found).toContain('backlog{topic="jobs",partition="1"} 0');
  expect(found).toContain('inflight{topic="jobs"} 9');
  expect(found.join("\n")).not.toContain('partition="2"');
});

it("forgets a partition that is gone or led elsewhere", async () => {
  const { lines } = metricsOver([[partition(1, { totalMessages: 10 })], []]);
  await lines();
  expect((await lines()).join("\n")).not.toContain("backlog{");
});

it("counts what happened while this node led, once", async () => {
  const at = (retries: number, role: GroupStatus["role"]) => [
    partition(1, { totalRetries: retries, totalTimeouts: 1, dlqMessages: 2 }, { role }),
  ];
  const { metrics, lines } = metricsOver([
    at(5, "leader"),
    at(7, "follower"),
    at(8, "leader"),
    at(8, "leader"),
  ]);
  metrics.sample();
  metrics.sample();
  metrics.sample();
  const found = await lines();
  expect(found).toContain('retries_total{topic="jobs"} 6');
  expect(found).toContain('lease_timeouts_total{topic="jobs"} 1');
  expect(found).toContain('dlq_total{topic="jobs"} 2');
});

it("counts what the node wrote, from one sample to the next", async () => {
  let batches = 3;
  const metrics = metricsOf(() => {
    const status = nodeStatus();
    return {
      ...status,
      metrics: { ...status.metrics, diskBatches: batches, diskBatchBytes: batches * 100 },
    };
  });
  metrics.sample();
  batches = 10;
  const lines = (await metrics.render()).body.split("\n");
  expect(lines).toContain("storage_syncs_total 10");
  expect(lines).toContain("wal_bytes_written_total 1000");
});

it("shows every counter of the node under its own name, and the members as the cluster's size", async () => {
  const metrics = metricsOf(() =>
    nodeStatus({
      metrics: {
        turns: 1,
        events: 2,
        diskBatches: 3,
        diskBatchBytes: 4,
        framesSent: 5,
        framesReceived: 6,
        framesRefused: 7,
        entriesApplied: 8,
        leaderChanges: 9,
        releasesGivenUp: 10,
        grantsLate: 11,
      },
    }),
  );
  const lines = (await metrics.render()).body.split("\n");
  for (const line of [
    "turns_total 1",
    "turn_events_total 2",
    "storage_syncs_total 3",
    "wal_bytes_written_total 4",
    "peer_frames_sent_total 5",
    "peer_frames_received_total 6",
    "peer_frames_refused_total 7",
    "raft_applied_entries_total 8",
    "raft_leader_changes_total 9",
    "releases_given_up_total 10",
    "grants_late_total 11",
    "raft_cluster_size 3",
  ]) {
    expect(lines).toContain(line);
  }
});

it("shows what clients make it hold beside what they may, and counts refusals once", async () => {
  const budget = (refused: number) => [{ name: "streams" as const, used: 3, most: 5, refused }];
  let refused = 2;
  const status = (): NodeStatus => nodeStatus({ budgets: budget(refused) });
  const metrics = metricsOf(status);
  metrics.sample();
  refused = 7;
  const { body } = await metrics.render();
  for (const line of [
    'budget_used{budget="streams"} 3',
    'budget_limit{budget="streams"} 5',
    'budget_refusals_total{budget="streams"} 7',
  ]) {
    expect(body.split("\n")).toContain(line);
  }
});

it("shows as in flight what is so now, however often it was asked before", async () => {
  const { lines } = metricsOver([[partition(1, { totalMessages: 4, inflightMessages: 4 })]]);
  await lines();
  expect(await lines()).toContain('inflight{topic="jobs"} 4');
});

it("counts on when a replica's counters begin anew, and when it counts in the same object", async () => {
  const counts = { ...NO_COUNTS, totalRetries: 5 };
  const { lines } = metricsOver([
    [group(1, { topic: "jobs", partition: 0, role: "leader", counts })],
  ]);
  await lines();
  counts.totalRetries = 2;
  expect(await lines()).toContain('retries_total{topic="jobs"} 5');
  counts.totalRetries = 4;
  expect(await lines()).toContain('retries_total{topic="jobs"} 7');
});

it("observes a stage in milliseconds under its own name", async () => {
  const { metrics, lines } = metricsOver([[]]);
  metrics.stageTook("sync", 7);
  const found = await lines();
  expect(found).toContain('stage_latency_ms_sum{stage="sync"} 7');
  expect(found.filter((line) => line.startsWith("stage_latency_ms_count"))).toEqual([
    'stage_latency_ms_count{stage="sync"} 1',
  ]);
});

it("observes latencies where they are measured", async () => {
  const { metrics, lines } = metricsOver([[partition(7, {})]]);
  metrics.sample();
  metrics.enqueued("jobs", 3);
  metrics.popped("jobs", 700);
  metrics.applied(7, 30);
  metrics.applied(0, 30);
  const found = await lines();
  expect(found).toContain('enqueue_latency_ms_bucket{le="5",topic="jobs"} 1');
  expect(found).toContain('enqueue_latency_ms_bucket{le="2",topic="jobs"} 0');
  expect(found).toContain('raft_apply_latency_ms_sum{topic="jobs",partition="6"} 30');
  expect(found.filter((line) => line.startsWith("raft_apply_latency_ms_count"))).toHaveLength(1);
  expect(found).toContain('pop_latency_ms_bucket{le="1000",topic="jobs"} 1');
});

it("keeps what was applied before the first sample of a new partition", async () => {
  const { metrics, lines } = metricsOver([[], [partition(7, {})]]);
  metrics.sample();
  metrics.applied(7, 30);
  expect(await lines()).toContain('raft_apply_latency_ms_sum{topic="jobs",partition="6"} 30');
});

it("forgets the series of partitions and topics that are gone from the node", async () => {
  const other = partition(3, {}, { topic: "mail", partition: 0 });
  const all = [partition(1, { totalRetries: 1 }), partition(2, {}), other];
  const { metrics, lines } = metricsOver([all, [partition(1, {}), other], [other]]);
  metrics.sample();
  for (const number of [1, 2, 3]) metrics.applied(number, 1);
  for (const topic of ["jobs", "mail"]) {
    metrics.enqueued(topic, 1);
    metrics.popped(topic, 1);
  }
  const apply = (text: readonly string[]): number =>
    text.filter((line) => line.startsWith("raft_apply_latency_ms_count")).length;
  const one = await lines();
  expect([apply(one), one.some((line) => line.includes('topic="jobs"'))]).toEqual([2, true]);
  const none = await lines();
  expect(none.filter((line) => line.includes('topic="jobs"'))).toEqual([]);
  expect([apply(none), none.some((line) => line.includes('topic="mail"'))]).toEqual([1, true]);
});
