// Whether three simulated nodes with these settings serve: they elect, take a message, deliver it, and take its
// acknowledgement; and once more after the leader has died and come back.

import {
  type ClientResult,
  type DeliveredItem,
  ITEM_OVERHEAD_BYTES,
  MESSAGE_BYTES_MAX,
} from "@disheap/core";
import { type QuietWorld, quietWorld } from "../../../sim/test/host/quiet-world.js";
import type { NodeConfig } from "../../src/config/node-config.js";

const NODES = [1, 2, 3];
/** A client's patience with one call. */
const ANSWER_MS = 15_000;
const TOPIC = "jobs";
/** A disk and a network as slow as healthy ones are. */
const SLOW = {
  sync: { minUs: 1_000, meanUs: 15_000, capUs: 100_000 },
  completion: { minUs: 10, meanUs: 3_000, capUs: 20_000 },
};
const LATENCY_MAX_US = 20_000;

/** What it did not come to, or nothing. */
export function whatFails(config: NodeConfig): string | undefined {
  const q = worldOf(config);
  const patienceMs = 30_000 + 4 * config.timing.electionMaxMs;
  if (!until(q, patienceMs, () => created(q, config))) return "no topic was made";
  for (const [round, bytes] of [64, largest(config)].entries()) {
    const sequence = round + 1;
    if (!until(q, patienceMs, () => enqueued(q, sequence, bytes)))
      return `nothing taken: ${bytes} bytes`;
    const consumer = new Consumer(q);
    if (!until(q, patienceMs, () => consumer.hasSettled(sequence))) {
      return `not delivered and settled: ${bytes} bytes (${consumer.seen})`;
    }
    consumer.leave();
    if (round === 0) restartLeader(q);
  }
  return undefined;
}

function worldOf({ timing, limits, defaults }: NodeConfig): QuietWorld {
  const { plan } = quietWorld(3).world;
  return quietWorld(
    3,
    {
      timing,
      limits,
      defaults,
      sessions: { share: 300_000, breaks: 0 },
      network: { ...plan.network, latencyMaxUs: LATENCY_MAX_US },
      disk: { ...plan.disk, ...SLOW },
    },
    false,
  );
}

function largest({ limits }: NodeConfig): number {
  return limits.messageBytesMax - ITEM_OVERHEAD_BYTES;
}

/** Tries every half second of simulated time. */
function until(q: QuietWorld, withinMs: number, isDone: () => boolean): boolean {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 500) {
    if (isDone()) return true;
    q.advance(500);
  }
  return false;
}

function created(q: QuietWorld, { limits }: NodeConfig): boolean {
  const partitions = Math.min(2, limits.partitionsPerTopicMax, limits.groupsMax);
  const settings = { partitions, maxRetries: 1_000, maxPayloadBytes: MESSAGE_BYTES_MAX };
  const result = q.ask(3, { op: "topic.create", topic: TOPIC, settings }, ANSWER_MS);
  return result?.ok === true || result?.failure.code === "ALREADY_EXISTS";
}

function enqueued(q: QuietWorld, sequenceLo: number, bytes: number): boolean {
  const producer = { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo };
  const message = { payload: new Uint8Array(bytes).fill(sequenceLo), priorityHi: 0, priorityLo: 1 };
  return q.ask(3, { op: "enqueue", topic: TOPIC, ...message, producer }, ANSWER_MS)?.ok === true;
}

function restartLeader(q: QuietWorld): void {
  const leads = (node: number): boolean =>
    q.world.host(node)?.context.groups.get(1)?.raft.isLeader === true;
  const leader = NODES.find(leads) ?? 1;
  q.world.kill(leader);
  q.world.start(leader);
}

/** Keeps a stream open, and settles what comes at once. */
class Consumer {
  private readonly q: QuietWorld;
  private stream: number | undefined;
  private settled = new Set<number>();
  seen = 0;

  constructor(q: QuietWorld) {
    this.q = q;
  }

  hasSettled(sequence: number): boolean {
    this.stream ??= this.open();
    return this.settled.has(sequence);
  }

  leave(): void {
    if (this.stream === undefined) return;
    this.q.hub.sendOnStream(this.stream, { kind: "stream.cancel", streamId: this.stream });
  }

  private settle({ payload, messageId, leaseToken }: DeliveredItem): void {
    this.seen += 1;
    const hear = (result: ClientResult | undefined): void => {
      if (result?.ok === true) this.settled.add(payload[0]);
    };
    this.q.hub.request(3, { op: "ack", topic: TOPIC, messageId, leaseToken }, hear);
  }

  private open(): number {
    const { hub } = this.q;
    const streamId = hub.openStream(3, {
      onItem: (item) => {
        this.settle(item);
      },
      onEnd: () => {
        this.stream = undefined;
      },
    });
    hub.sendOnStream(streamId, { kind: "stream.filter", streamId, topic: TOPIC, partitionIds: [] });
    hub.sendOnStream(streamId, { kind: "stream.credits", streamId, credits: 10 });
    return streamId;
  }
}
