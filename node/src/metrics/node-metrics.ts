// The node's Prometheus metrics (contract section 21). Latencies are observed by the services. What
// belongs to a partition is reported by the node that leads it, so that the sum over all nodes is the
// cluster's value; snapshot_bytes has no value before snapshots exist.

import type { Census, Counts, GroupStatus, HostMetrics, NodeStatus } from "@disheap/core";
import { BudgetMetrics } from "./budget-metrics.js";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ServiceMetrics } from "./port.js";
import { RowHistogram } from "./row-histogram.js";
import { HeldMetrics } from "./held.js";
import { STAGES, type Stage } from "./stages.js";
import { TopicSeries } from "./topic-series.js";

const STAGE_BUCKETS_MS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];
const LATENCY_BUCKETS_MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** Counters of a partition's replica that only grow, and the metric each feeds. */
const PARTITION_COUNTERS = {
  retries: "totalRetries",
  timeouts: "totalTimeouts",
  dlq: "dlqMessages",
} as const satisfies Record<string, keyof Counts>;

type CounterName = keyof typeof PARTITION_COUNTERS;

/** Counters of the node as a whole: the metric's name, what it counts, and where it is read. */
const NODE_COUNTERS = {
  wal_bytes_written_total: {
    help: "Bytes of keys and values this node wrote to its store.",
    field: "diskBatchBytes",
  },
  storage_syncs_total: {
    help: "Batches this node wrote to its store, each with one sync.",
    field: "diskBatches",
  },
  raft_applied_entries_total: { help: "Log entries this node applied.", field: "entriesApplied" },
  raft_leader_changes_total: {
    help: "Changes of a group's leader that this node saw.",
    field: "leaderChanges",
  },
  turns_total: {
    help: "Rounds of the node's one loop: input, entries, frames, one write, apply, answers.",
    field: "turns",
  },
  turn_events_total: {
    help: "Events those rounds took in: calls, frames, finished writes, ticks.",
    field: "events",
  },
  peer_frames_sent_total: { help: "Frames this node sent to other nodes.", field: "framesSent" },
  peer_frames_received_total: {
    help: "Frames this node took in from other nodes.",
    field: "framesReceived",
  },
  peer_frames_refused_total: {
    help: "Frames this node refused: malformed, of another cluster, or in another node's name.",
    field: "framesRefused",
  },
  grants_late_total: {
    help: "Deliveries whose lease was over when they reached this node; they went back and cost no attempt.",
    field: "grantsLate",
  },
  releases_given_up_total: {
    help: "Undelivered messages and closed streams that no leader took back in ten minutes; each may cost an attempt.",
    field: "releasesGivenUp",
  },
} as const satisfies Record<string, { help: string; field: keyof HostMetrics }>;

type NodeCounterName = keyof typeof NODE_COUNTERS;
const NODE_COUNTER_NAMES = Object.keys(NODE_COUNTERS) as NodeCounterName[];

export class NodeMetrics implements ServiceMetrics {
  private readonly registry = new Registry();
  private readonly status: () => NodeStatus;
  private readonly census: () => Census;
  private readonly held: HeldMetrics;
  /** Replica counters at the last sample, by group. */
  private readonly seen = new Map<number, Counts>();
  private readonly topics = new TopicSeries();
  private readonly labels = new Map<number, { topic: string; partition: string }>();
  /** What was applied in groups that no sample has seen yet: the first second of a new partition. */
  private unlabelled: { readonly group: number; readonly ms: number }[] = [];
  private readonly enqueueLatency: RowHistogram;
  private readonly popLatency: RowHistogram;
  private readonly applyLatency: Histogram;
  private readonly stages: RowHistogram;
  private readonly inflight: Gauge;
  private readonly backlog: Gauge;
  private readonly byTopic: Record<CounterName, Counter>;
  private readonly ofNode: Record<NodeCounterName, Counter>;
  private readonly clusterSize: Gauge;
  private readonly budgets: BudgetMetrics;
  private nodeBefore: HostMetrics | undefined;

  constructor(status: () => NodeStatus, census: () => Census) {
    this.status = status;
    this.census = census;
    this.held = new HeldMetrics([this.registry]);
    this.enqueueLatency = this.rowHistogram(
      "enqueue_latency_ms",
      "Milliseconds from the arrival of an Enqueue at this node to its OK: committed and synced.",
    );
    this.popLatency = this.rowHistogram(
      "pop_latency_ms",
      "Milliseconds a consumer of this node waited for a message that was there: from the later of " +
        "its credit and the enqueue to the write into its stream. First deliveries only; a delay " +
        "asked for at the enqueue counts.",
    );
    this.applyLatency = this.histogram(
      "raft_apply_latency_ms",
      "Milliseconds from the moment this node, as leader, put an entry into its log to the moment it " +
        "applied it: replication and sync included.",
      ["topic", "partition"],
    );
    this.stages = this.stageHistogram();
    this.inflight = this.gauge(
      "inflight",
      "Messages under a live lease, in the partitions this node leads.",
      ["topic"],
    );
    this.backlog = this.gauge(
      "backlog",
      "Messages ready or delayed, not leased, in the partitions this node leads.",
      ["topic", "partition"],
    );
    this.byTopic = {
      retries: this.counter(
        "retries_total",
        "Deliveries that ended in a retry (nack or expired lease) while this node led the partition.",
        ["topic"],
      ),
      timeouts: this.counter(
        "lease_timeouts_total",
        "Leases that expired while this node led the partition.",
        ["topic"],
      ),
      dlq: this.counter(
        "dlq_total",
        "Messages that moved to the dead-letter state while this node led the partition.",
        ["topic"],
      ),
    };
    this.ofNode = Object.fromEntries(
      NODE_COUNTER_NAMES.map((name) => [name, this.counter(name, NODE_COUNTERS[name].help)]),
    ) as Record<NodeCounterName, Counter>;
    this.budgets = new BudgetMetrics(this.registry);
    this.clusterSize = this.gauge("raft_cluster_size", "Members of the cluster.");
    this.gauge(
      "snapshot_bytes",
      "Bytes of a partition's last snapshot; no value, because snapshots do not exist yet.",
      ["partition"],
    );
  }

  enqueued(topic: string, ms: number, rows = 1): void {
    this.topics.touch(topic);
    this.enqueueLatency.observe(topic, ms, rows);
  }

  popped(topic: string, ms: number): void {
    this.topics.touch(topic);
    this.popLatency.observe(topic, ms);
  }

  /** An entry of a partition's group; the meta group has no partition and is left out. */
  applied(group: number, ms: number): void {
    const labels = this.labels.get(group);
    if (labels === undefined) this.unlabelled.push({ group, ms });
    else this.applyLatency.observe(labels, ms);
  }

  stageTook(stage: Stage, ms: number): void {
    this.stages.observe(stage, ms);
  }

  /** Reads the node. Called about once a second and before each answer. */
  sample(): void {
    const status = this.status();
    this.inflight.reset();
    this.backlog.reset();
    this.held.sample(status, this.census());
    this.clusterSize.set(status.members.length);
    this.budgets.sample(status.budgets);
    for (const name of NODE_COUNTER_NAMES) {
      const { field } = NODE_COUNTERS[name];
      this.ofNode[name].inc(status.metrics[field] - (this.nodeBefore?.[field] ?? 0));
    }
    this.nodeBefore = status.metrics;
    for (const group of status.groups) this.samplePartition(group);
    this.labelApplied();
    this.forgetGroups(new Set(status.groups.map(({ group }) => group)));
    this.forgetTopics(new Set(status.topics));
  }

  async render(): Promise<{ readonly contentType: string; readonly body: string }> {
    this.sample();
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }

  /**
   * Every replica carries the same counters, so each node counts a difference only while it leads:
   * nothing is counted twice, and the sum over the nodes is what happened.
   */
  private samplePartition(group: GroupStatus): void {
    const { counts, topic, partition } = group;
    if (counts === undefined || topic === undefined || partition === undefined) return;
    this.topics.touch(topic);
    this.labels.set(group.group, { topic, partition: String(partition) });
    const before = this.seen.get(group.group);
    this.seen.set(group.group, { ...counts });
    for (const name of Object.keys(PARTITION_COUNTERS) as CounterName[]) {
      const field = PARTITION_COUNTERS[name];
      const grown = Math.max(0, counts[field] - (before?.[field] ?? 0));
      this.byTopic[name].inc({ topic }, group.role === "leader" ? grown : 0);
    }
    if (group.role !== "leader") return;
    this.inflight.inc({ topic }, counts.inflightMessages);
    this.backlog.set(
      { topic, partition: String(partition) },
      counts.totalMessages - counts.inflightMessages,
    );
  }

  /** Observes what waited for its labels; what has none by now is of the meta group or of one that went. */
  private labelApplied(): void {
    const waited = this.unlabelled;
    this.unlabelled = [];
    for (const { group, ms } of waited) {
      const labels = this.labels.get(group);
      if (labels !== undefined) this.applyLatency.observe(labels, ms);
    }
  }

  /** Series of partitions that are gone from this node go. */
  private forgetGroups(present: ReadonlySet<number>): void {
    for (const [group, labels] of this.labels) {
      if (present.has(group)) continue;
      this.labels.delete(group);
      this.seen.delete(group);
      this.applyLatency.remove(labels);
    }
  }

  /** Series of topics that are gone go, on every node. */
  private forgetTopics(known: ReadonlySet<string>): void {
    for (const topic of this.topics.takeGone(known)) {
      for (const histogram of [this.enqueueLatency, this.popLatency]) histogram.remove(topic);
      for (const counter of Object.values(this.byTopic)) counter.remove({ topic });
    }
  }

  private stageHistogram(): RowHistogram {
    const names = Object.keys(STAGES) as Stage[];
    const meanings = names.map((name) => `${name}: ${STAGES[name]}`).join("; ");
    return new RowHistogram({
      name: "stage_latency_ms",
      help: `Milliseconds that stages of the work take on this node. ${meanings}.`,
      label: "stage",
      bounds: STAGE_BUCKETS_MS,
      registry: this.registry,
    });
  }

  private histogram(name: string, help: string, labelNames: string[]): Histogram {
    const buckets = LATENCY_BUCKETS_MS;
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  private rowHistogram(name: string, help: string): RowHistogram {
    const bounds = LATENCY_BUCKETS_MS;
    return new RowHistogram({ name, help, label: "topic", bounds, registry: this.registry });
  }

  private gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
