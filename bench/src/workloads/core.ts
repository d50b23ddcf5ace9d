// The machine alone, three hosts in this process: enqueues one at a time over 20 partitions, in batches
// of 256 into one, and the same with delivery and acknowledgement. No latency is told, since nothing
// here waits for anything.

import { CoreCluster } from "../core-cluster.js";
import { costOf, type Reading } from "../cluster/cost.js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { nowMs, payloadOf, type Result, type Workload } from "./workload.js";

const TOPIC = "bench-core";
const WARMUP = 60_000;
/** One tick of 50 ms for so many messages: the pace of 1,000 a second. */
const MESSAGES_PER_TICK = 50;

const SHAPES = [
  {
    name: "core-1",
    about: "three hosts in one process without network, disk and API: one enqueue at a time",
    partitions: 20,
    window: 1,
    messages: 60_000,
    isConsumed: false,
  },
  {
    name: "core-256",
    about: "the same in batches of 256 into one partition",
    partitions: 1,
    window: 256,
    messages: 256_000,
    isConsumed: false,
  },
  {
    name: "core-e2e-256",
    about: "the same with delivery and acknowledgement",
    partitions: 1,
    window: 256,
    messages: 128_000,
    isConsumed: true,
  },
];

class Load {
  private readonly cluster = new CoreCluster();
  private readonly window: number;
  private sequence = 0;
  private untilTick = MESSAGES_PER_TICK;
  answered = 0;
  acknowledged = 0;
  failed = 0;

  constructor(shape: (typeof SHAPES)[number]) {
    this.window = shape.window;
    this.cluster.createTopic(TOPIC, shape.partitions);
    if (shape.isConsumed) this.consume();
  }

  get counters(): { readonly turns: number; readonly frames: number } {
    return { turns: this.cluster.turns, frames: this.cluster.frames };
  }

  run(messages: number): void {
    for (let sent = 0; sent < messages; sent += this.window) {
      for (let i = 0; i < this.window; i += 1) this.enqueue();
      this.cluster.settle();
      this.untilTick -= this.window;
      if (this.untilTick > 0) continue;
      this.untilTick = MESSAGES_PER_TICK;
      this.cluster.tick();
    }
  }

  /** A consumer on the last node that acknowledges through the first. */
  private consume(): void {
    const consumer = this.cluster.consume(this.cluster.size - 1, TOPIC, (item) => {
      const { messageId, leaseToken } = item;
      this.cluster.ask(0, { op: "ack", topic: TOPIC, messageId, leaseToken }, ({ ok }) => {
        if (ok) this.acknowledged += 1;
        else this.failed += 1;
        consumer.giveCredits(1);
      });
    });
    consumer.giveCredits(this.window);
  }

  private enqueue(): void {
    const number = ++this.sequence;
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
  if (shape.isConsumed && load.acknowledged + shape.window < load.answered) {
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
