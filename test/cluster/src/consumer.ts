// Pops through random nodes and treats messages the way real consumers do: most are acked, some are
// nacked, extended, held too long or forgotten. When a stream breaks, the next one goes elsewhere.
// One pop operation is recorded per credit: a delivery answers the oldest open one, a broken stream
// leaves the rest unknown.

import { setTimeout as sleep } from "node:timers/promises";
import type { PopItem, PopOpen } from "@disheap/proto";
import { type ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import type { Caller, Outcome } from "./caller.js";
import { hashOf, type Open, type Recorder } from "./recorder.js";
import type { Rng } from "./rng.js";

const SETTLE_TRIES_MAX = 20;
const PAUSE_MS = 100;

export interface ConsumerPlan {
  readonly name: string;
  readonly topic: string;
  readonly credits: number;
  readonly visibilityMs: number;
  /** Of 100 messages. */
  readonly nackPercent: number;
  /** A stream ended that nobody here had cancelled. */
  readonly onBroken: (endpoint: string, why: string) => void;
}

interface Held {
  readonly messageId: string;
  readonly leaseToken: string;
  readonly fence: number;
}

type Settle = "ack" | "nack" | "extend";

export class Consumer {
  private readonly plan: ConsumerPlan;
  private readonly caller: Caller;
  private readonly recorder: Recorder;
  private readonly rng: Rng;
  private readonly handling = new Set<Promise<void>>();
  private stream: ClientDuplexStream<PopOpen, PopItem> | undefined;
  private streams = 0;
  private isCalm = false;
  private isStopping = false;
  deliveries = 0;

  constructor(plan: ConsumerPlan, caller: Caller, recorder: Recorder, rng: Rng) {
    this.plan = plan;
    this.caller = caller;
    this.recorder = recorder;
    this.rng = rng;
  }

  /** Opens one stream after the other until stopped. */
  async run(): Promise<void> {
    while (!this.isStopping) {
      await this.consumeOneStream();
      if (!this.isStopping) await sleep(PAUSE_MS);
    }
    await Promise.all(this.handling);
  }

  /** From now on every message is acked, so that the topic drains. */
  calm(): void {
    this.isCalm = true;
  }

  stop(): void {
    this.isStopping = true;
    this.stream?.cancel();
  }

  private consumeOneStream(): Promise<void> {
    this.streams += 1;
    const streamName = `${this.plan.name}/${String(this.streams)}`;
    const open: Open<"pop">[] = [];
    const client = this.caller.anyClient();
    const stream = client.popStream();
    this.stream = stream;
    const sendCredit = (): void => {
      const { topic, visibilityMs } = this.plan;
      open.push(
        this.recorder.invoke(this.plan.name, "pop", { topic, stream: streamName, visibilityMs }),
      );
      stream.write({ kind: { $case: "flowControl", value: { credits: 1 } } });
    };
    return new Promise((resolve) => {
      let isOver = false;
      let isCancelled = false;
      const end = (why: string): void => {
        if (isOver) return;
        isOver = true;
        if (!isCancelled && !this.isStopping) {
          this.plan.onBroken(this.caller.endpointOf(client), why);
        }
        for (const pop of open.splice(0)) pop.unknown(why);
        resolve();
      };
      stream.on("data", (item: PopItem) => {
        this.record(open.shift(), item);
        const work = this.handle(item).then(() => {
          this.handling.delete(work);
          if (!isOver && !this.isStopping) sendCredit();
        });
        this.handling.add(work);
        if (!this.isCalm && this.rng.chance(1)) {
          isCancelled = true;
          stream.cancel();
        }
      });
      stream.on("error", (error: Error) => {
        end(error.message);
      });
      stream.on("end", () => {
        end("ended");
      });
      stream.write({
        kind: {
          $case: "filter",
          value: {
            topic: this.plan.topic,
            partitionIds: [],
            visibilityTimeout: durationOf(this.plan.visibilityMs),
          },
        },
      });
      for (let i = 0; i < this.plan.credits; i += 1) sendCredit();
    });
  }

  private record(pop: Open<"pop"> | undefined, item: PopItem): void {
    if (pop === undefined) throw new Error("Q16: an item arrived without a credit");
    this.deliveries += 1;
    pop.ok({
      topic: item.topic,
      messageId: item.messageId,
      partition: item.partitionId,
      payload: hashOf(item.payload),
      priority: String(item.priority),
      attempts: item.attempts,
      maxRetries: item.maxRetries,
      fence: fenceOf(item.leaseToken),
      enqueuedMs: item.enqueuedTime?.getTime() ?? 0,
      deadlineMs: item.leaseDeadline?.getTime() ?? 0,
    });
  }

  private async handle(item: PopItem): Promise<void> {
    const { messageId, leaseToken } = item;
    const held: Held = { messageId, leaseToken, fence: fenceOf(leaseToken) };
    const roll = this.rng.below(100);
    if (this.isCalm) return this.ack(held);
    if (roll < this.plan.nackPercent) return this.nack(held, this.rng.pick([0, 200]));
    if (roll >= 98) return; // Forgotten: the lease runs out.
    if (roll >= 96) {
      await sleep(this.plan.visibilityMs + 500);
      return this.ack(held);
    }
    if (roll >= 92) {
      await this.extend(held, 2000);
      return this.ack(held);
    }
    await this.ack(held);
    if (roll >= 88) await this.settleOnce("ack", held);
  }

  private ack(held: Held): Promise<void> {
    return this.settle(() => this.settleOnce("ack", held));
  }

  private nack(held: Held, backoffMs: number): Promise<void> {
    return this.settle(() => this.settleOnce("nack", held, backoffMs));
  }

  private async extend(held: Held, extensionMs: number): Promise<void> {
    await this.settleOnce("extend", held, extensionMs);
  }

  /** The same token may be repeated until somebody answers. */
  private async settle(once: () => Promise<Outcome<unknown>>): Promise<void> {
    for (let tries = 0; tries < SETTLE_TRIES_MAX; tries += 1) {
      const outcome = await once();
      if (outcome.kind === "ok" || outcome.kind === "fail") return;
      await sleep(PAUSE_MS);
    }
  }

  private async settleOnce(f: Settle, held: Held, ms = 0): Promise<Outcome<unknown>> {
    const { topic } = this.plan;
    const { messageId, leaseToken, fence } = held;
    const base = { topic, messageId, fence };
    const operation =
      f === "ack"
        ? this.recorder.invoke(this.plan.name, "ack", base)
        : f === "nack"
          ? this.recorder.invoke(this.plan.name, "nack", { ...base, backoffMs: ms })
          : this.recorder.invoke(this.plan.name, "extend", { ...base, extensionMs: ms });
    const outcome = await this.caller.call<object>((client, options, done) => {
      const metadata = new Metadata();
      const lease = { topic, messageId, leaseToken };
      if (f === "ack") return client.ack(lease, metadata, options, done);
      if (f === "nack") {
        const request = { ...lease, backoffOverride: durationOf(ms) };
        return client.nack(request, metadata, options, done);
      }
      const request = { topic, leaseToken, extension: durationOf(ms) };
      return client.extend(request, metadata, options, done);
    });
    if (outcome.kind === "ok") operation.ok({});
    else if (outcome.kind === "fail") operation.fail(outcome.code);
    else operation.unknown(outcome.code);
    return outcome;
  }
}

/** The fencing number is the documented front of the token (contract section 7). */
function fenceOf(leaseToken: string): number {
  return Number.parseInt(leaseToken.slice(0, 8), 16);
}

function durationOf(ms: number): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}
