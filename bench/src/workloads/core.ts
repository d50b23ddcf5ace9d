// The machine alone, three hosts in this process: enqueues one at a time over 20 partitions, in batches of 256 into
// one, and the same with delivery and acknowledgement; single calls, or frames of a session, whose own bytes are made
// and read here too. No latency is told, since nothing here waits for anything.

import { CoreCluster } from "../core-cluster.js";
import type { CoreSession } from "../core-session.js";
import { costOf, type Reading } from "../cluster/cost.js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { nowMs, payloadOf, type Result, type Workload } from "./workload.js";

const TOPIC = "bench-core";
const WARMUP = 60_000;
/** One tick of 50 ms for so many messages: the pace of 1,000 a second, and of 20,000 in sessions. */
const MESSAGES_PER_TICK = 50;
const SESSION_MESSAGES_PER_TICK = 1_000;

/** Deliveries that the session may hold: twice the window. */
const CREDITS = 512;

const SHAPES = [
  {
    name: "core-1",
    about: "three hosts in one process without network, disk and API: one enqueue at a time",
    partitions: 20,
    window: 1,
    messages: 60_000,
    isConsumed: false,
    isSession: false,
  },
  {
    name: "core-256",
    about: "the same in batches of 256 single calls into one partition",
    partitions: 1,
    window: 256,
    messages: 256_000,
    isConsumed: false,
    isSession: false,
  },
  {
    name: "core-e2e-256",
    about: "frames of a session, 256 messages each, with delivery and acknowledgement",
    partitions: 1,
    window: 256,
    messages: 256_000,
    isConsumed: true,
    isSession: true,
  },
];

class Load {
  private readonly cluster = new CoreCluster();
  private readonly window: number;
  private sequence = 0;
  private readonly messagesPerTick: number;
  private untilTick: number;
  private readonly session: CoreSession | undefined;
  answered = 0;
  acknowledged = 0;
  failed = 0;

  constructor(shape: (typeof SHAPES)[number]) {
    this.window = shape.window;
    this.cluster.createTopic(TOPIC, shape.partitions);
    this.messagesPerTick = shape.isSession ? SESSION_MESSAGES_PER_TICK : MESSAGES_PER_TICK;
    this.untilTick = this.messagesPerTick;
    if (!shape.isSession) return;
    this.session = this.cluster.openSession(TOPIC, {
      enqueued: (rows) => (this.answered += rows),
      acknowledged: (rows) => (this.acknowledged += rows),
      failed: (rows) => (this.failed += rows),
    });
    this.session.credit(CREDITS);
    this.settle();
  }

  get counters(): { readonly turns: number; readonly frames: number } {
    return { turns: this.cluster.turns, frames: this.cluster.frames };
  }

  run(messages: number): void {
    for (let sent = 0; sent < messages; sent += this.window) {
      for (let i = 0; i < this.window; i += 1) this.enqueue();
      this.settle();
      this.untilTick -= this.window;
      if (this.untilTick > 0) continue;
      this.untilTick = this.messagesPerTick;
      this.cluster.tick();
    }
  }

  /** What was delivered is acknowledged with what comes next. */
  private settle(): void {
    this.session?.flush();
    this.cluster.settle();
  }

  private enqueue(): void {
    const number = ++this.sequence;
    if (this.session) {
      this.session.enqueue(payloadOf(number), number % 100);
      return;
    }
    const producer = {
      producerId: "bench",
      epochHi: 0,
      epochLo: 1,
      sequenceHi: 0,
      sequenceLo: number,
    };
    this.cluster.ask(
      number % this.cluster.size,
      {
        op: "enqueue",
        topic: TOPIC,
        payload: payloadOf(number),
        priorityHi: 0,
        priorityLo: number % 100,
        producer,
      },
      ({ ok }) => {
        this.answered += 1;
        if (!ok) this.failed += 1;
      },
    );
  }
}

function measure(shape: (typeof SHAPES)[number]): Result {
  const load = new Load(shape);
  load.run(WARMUP);
  const read = (): Reading => {
    const client = usageOfThisProcess();
    return { nodes: [{ name: "three hosts", ...client, ...load.counters }], client };
  };
  const before = { reading: read(), answered: load.answered };
  const startMs = nowMs();
  load.run(shape.messages);
  const elapsedMs = nowMs() - startMs;
  const messages = load.answered - before.answered;
  if (shape.isConsumed && load.acknowledged + 4 * shape.window < load.answered) {
    throw new Error(`${shape.name}: ${load.answered} enqueued, ${load.acknowledged} acknowledged.`);
  }
  return {
    name: shape.name,
    seconds: elapsedMs / 1000,
    messages,
    perSecond: (messages * 1000) / elapsedMs,
    failed: load.failed,
    // All of it is one process, which is the servers'.
    cost: { ...costOf(before.reading, read(), messages), clientCpu: 0, clientGcShare: 0 },
  };
}

export const core: readonly Workload[] = SHAPES.map((shape) => ({
  name: shape.name,
  about: shape.about,
  run: () => Promise.resolve([measure(shape)]),
}));
