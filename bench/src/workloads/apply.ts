// One machine alone: what it takes to apply an enqueue, a grant and an acknowledgement on one replica, with
// so many messages waiting already. Entries hold 256 intents and are read from their bytes, as on a node; a
// leader's replica (which makes results) and a follower's are timed in turn, and must agree at the end.

import {
  encodeBlock,
  encodeIntent,
  eachEntry,
  EntryKind,
  type Intent,
  type IntentResult,
  NEWEST_LEVEL,
  Partition,
  type Block,
} from "@disheap/core";
import { machineCrc32 } from "@disheap/io/crc";
import { costOf } from "../cluster/cost.js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { nowMs, payloadOf, type Bench, type Result, type Workload } from "./workload.js";

const BATCH = 256;
const WARMUP_ROUNDS = 300;
const ROUNDS = 600;
const PROGRESS_EVERY = 100_000;
const GROUP = 1;
const PRIORITIES = 1_000_003;
const STREAM = { edge: 1, edgeIncarnation: 1, stream: 1 };
const VISIBILITY_MS = 86_400_000;

const INIT: Intent = {
  kind: "partition.init",
  level: NEWEST_LEVEL.number,
  draft: NEWEST_LEVEL.draft,
  macKey: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
  settings: {
    mode: "MIN",
    partitions: 1,
    replicationFactor: 3,
    topKBound: 100,
    retentionMs: VISIBILITY_MS,
    visibilityMs: VISIBILITY_MS,
    maxRetries: 3,
    maxPayloadBytes: 1 << 20,
    compression: false,
    dlqEnabled: true,
    dlqRetentionMs: VISIBILITY_MS,
  },
};

type Step = "enqueue" | "grant" | "ack";
type Times = Record<Step, number>;

/** Two replicas of one partition and the log they apply. */
export class Replicas {
  private readonly leader = new Partition(GROUP, "MIN");
  private readonly follower = new Partition(GROUP, "MIN");
  readonly leaderMs: Times = { enqueue: 0, grant: 0, ack: 0 };
  readonly followerMs: Times = { enqueue: 0, grant: 0, ack: 0 };
  private index = 0;
  private stampMs = 1_700_000_000_000;
  private sequence = 0;
  private round = 0;

  constructor() {
    this.apply([INIT], "enqueue");
  }

  enqueue(): void {
    const intents = Array.from({ length: BATCH }, (): Intent => {
      const sequence = ++this.sequence;
      return {
        kind: "enqueue",
        priorityHi: 0,
        // Spread over the heap; the multiplier has no factor in common with the count.
        priorityLo: (sequence * 7919) % PRIORITIES,
        payload: payloadOf(sequence),
        producer: {
          producerId: "bench",
          epochHi: 0,
          epochLo: 1,
          sequenceHi: 0,
          sequenceLo: sequence,
        },
        maxRetries: undefined,
        delayMs: 0,
      };
    });
    this.apply(intents, "enqueue");
  }

  /** Leases the best of a batch and acknowledges them. */
  settle(): void {
    const round = ++this.round;
    const want = { n: BATCH, limit: BATCH, visibilityMs: VISIBILITY_MS, bound: undefined };
    const [granted] = this.apply([{ kind: "grant", ...STREAM, round, ...want }], "grant");
    if (granted?.type !== "granted" || granted.slots.length !== BATCH) {
      throw new Error("a whole batch is granted when more than that waits");
    }
    const { messages } = this.leader;
    const acks = granted.slots.map((slot): Intent => {
      const index = messages.index[slot] ?? 0;
      const offset = messages.offset[slot] ?? 0;
      const fence = messages.fence[slot] ?? 0;
      const mac = this.leader.mac(index, offset, fence);
      return { kind: "ack", token: { index, offset, fence, mac } };
    });
    for (const { type } of this.apply(acks, "ack")) {
      if (type !== "settled") throw new Error(`an acknowledgement was ${type}`);
    }
  }

  /** Messages that wait; throws when the replicas differ. */
  get waiting(): number {
    const [a, b] = [this.leader, this.follower];
    if (a.hash.hi !== b.hash.hi || a.hash.lo !== b.hash.lo) throw new Error("replicas differ");
    return a.ready.size;
  }

  private apply(intents: readonly Intent[], step: Step): IntentResult[] {
    this.index += 1;
    this.stampMs += 1;
    const kind = EntryKind.command;
    const bytes = intents.map(encodeIntent);
    const entry = { kind, stampMs: this.stampMs, seedHi: 1, seedLo: 2, intents: bytes };
    const block = encodeBlock(GROUP, this.index, 1, 1, [entry], machineCrc32);
    const results: IntentResult[] = [];
    this.leaderMs[step] += this.timed(this.leader, block, results);
    this.followerMs[step] += this.timed(this.follower, block, undefined);
    return results;
  }

  private timed(partition: Partition, block: Block, results: IntentResult[] | undefined): number {
    const startMs = nowMs();
    eachEntry(block, this.index, this.index, (entry) => partition.apply(entry, results));
    return nowMs() - startMs;
  }
}

function measure(bench: Bench, name: string, backlog: number): Result {
  const replicas = new Replicas();
  for (let queued = 0; queued < backlog; queued += BATCH) {
    replicas.enqueue();
    if (queued % PROGRESS_EVERY < BATCH) bench.progress(`${queued} of ${backlog} queued`);
  }
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i += 1) {
      replicas.enqueue();
      replicas.settle();
    }
  };
  rounds(WARMUP_ROUNDS);
  const before = { leader: { ...replicas.leaderMs }, follower: { ...replicas.followerMs } };
  const usage = usageOfThisProcess();
  rounds(ROUNDS);
  const messages = ROUNDS * BATCH;
  const nsOf = (now: Times, was: Times): Times => ({
    enqueue: ((now.enqueue - was.enqueue) * 1e6) / messages,
    grant: ((now.grant - was.grant) * 1e6) / messages,
    ack: ((now.ack - was.ack) * 1e6) / messages,
  });
  const leader = nsOf(replicas.leaderMs, before.leader);
  const follower = nsOf(replicas.followerMs, before.follower);
  const sum = leader.enqueue + leader.grant + leader.ack;
  const reading = (client: typeof usage) => ({ nodes: [client], client });
  const whole = costOf(reading(usage), reading(usageOfThisProcess()), messages);
  return {
    name,
    seconds: (sum * messages) / 1e9,
    messages,
    perSecond: 1e9 / sum,
    failed: 0,
    // The making of entries is in the process too, so its CPU says nothing; garbage is told with it.
    cost: { ...whole, nodesCpu: sum / 1000, clientCpu: 0, byProcess: [] },
    says: [
      `${replicas.waiting} waiting; ns a message: ${timesText("leader", leader)}; ` +
        timesText("follower", follower),
    ],
  };
}

function timesText(who: string, { enqueue, grant, ack }: Times): string {
  const [e, g, a, sum] = [enqueue, grant, ack, enqueue + grant + ack].map((ns) => ns.toFixed(0));
  return `${who} ${sum} (enqueue ${e}, grant ${g}, ack ${a})`;
}

export const apply: readonly Workload[] = [
  { name: "apply-0", backlog: 0 },
  { name: "apply-200k", backlog: 200_000 },
  { name: "apply-2m", backlog: 2_000_000 },
].map(({ name, backlog }) => ({
  name,
  about: `one replica alone applies enqueue, grant and ack, ${backlog} messages waiting`,
  run: (bench) => Promise.resolve([measure(bench, name, backlog)]),
}));
