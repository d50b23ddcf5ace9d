// Sends messages with priorities through random nodes. With a producer triple an unknown outcome is
// repeated until it is known; without one it stays unknown, because a repeat could make two messages.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { EnqueueReq } from "@disheap/proto";
import { Metadata } from "@grpc/grpc-js";
import type { Caller, Outcome } from "./caller.js";
import { hashOf, type Recorder } from "./recorder.js";
import type { Rng } from "./rng.js";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const PAYLOAD_BYTES = 128;
const TRIES_MAX = 40;
const RETRY_PAUSE_MS = 100;

export interface ProducerPlan {
  readonly name: string;
  readonly topic: string;
  readonly messages: number;
  /** Pause after each message, so that traffic goes on while nodes die. */
  readonly pauseMs: number;
}

export class Producer {
  private readonly plan: ProducerPlan;
  private readonly caller: Caller;
  private readonly recorder: Recorder;
  private readonly rng: Rng;
  private isHurried = false;
  private readonly epoch = BigInt(Math.floor(Date.now() / 1000));

  constructor(plan: ProducerPlan, caller: Caller, recorder: Recorder, rng: Rng) {
    this.plan = plan;
    this.caller = caller;
    this.recorder = recorder;
    this.rng = rng;
  }

  /** Sends until as many messages as planned are surely in. */
  async run(): Promise<number> {
    let acknowledged = 0;
    for (let sequence = 1; acknowledged < this.plan.messages; sequence += 1) {
      const isIdempotent = !this.rng.chance(20);
      const request = this.message(sequence, isIdempotent);
      if (await this.send(request, isIdempotent)) acknowledged += 1;
      if (isIdempotent && this.rng.chance(5)) await this.sendOnce(request);
      if (!this.isHurried) await sleep(this.plan.pauseMs);
    }
    return acknowledged;
  }

  /** From now on without pauses. */
  hurry(): void {
    this.isHurried = true;
  }

  private message(sequence: number, isIdempotent: boolean): EnqueueReq {
    return EnqueueReq.create({
      topic: this.plan.topic,
      payload: randomBytes(PAYLOAD_BYTES),
      priority: this.priority(),
      ...(isIdempotent
        ? { producerId: this.plan.name, epoch: this.epoch, sequence: BigInt(sequence) }
        : {}),
      ...(this.rng.chance(5) ? { notBefore: { seconds: 1n, nanos: 0 } } : {}),
      ...(this.rng.chance(10) ? { partitionKey: `k${String(this.rng.below(20))}` } : {}),
    });
  }

  private priority(): bigint {
    if (this.rng.chance(2)) return this.rng.pick([INT64_MIN, INT64_MAX]);
    return BigInt(this.rng.below(50)) - 25n;
  }

  private async send(request: EnqueueReq, isIdempotent: boolean): Promise<boolean> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const outcome = await this.sendOnce(request);
      if (outcome.kind === "ok") return true;
      if (outcome.kind === "fail") {
        throw new Error(`an enqueue was refused with ${outcome.code}: ${outcome.message}`);
      }
      await sleep(RETRY_PAUSE_MS);
      if (!isIdempotent) return false;
    }
    throw new Error(`an enqueue was not answered in ${String(TRIES_MAX)} tries`);
  }

  private async sendOnce(request: EnqueueReq): Promise<Outcome<unknown>> {
    const operation = this.recorder.invoke(this.plan.name, "enqueue", {
      topic: request.topic,
      payload: hashOf(request.payload),
      priority: String(request.priority),
      ...(request.partitionKey === undefined ? {} : { partitionKey: request.partitionKey }),
      ...(request.producerId === undefined
        ? {}
        : {
            producer: request.producerId,
            epoch: String(request.epoch),
            sequence: String(request.sequence),
          }),
      ...(request.notBefore === undefined ? {} : { delayMs: 1000 }),
    });
    const outcome = await this.caller.call<{
      messageId: string;
      partitionId: number;
      duplicate: boolean;
    }>((client, options, done) => client.enqueue(request, new Metadata(), options, done));
    if (outcome.kind === "ok") {
      const { messageId, partitionId, duplicate } = outcome.value;
      operation.ok({ messageId, partition: partitionId, duplicate });
    } else if (outcome.kind === "fail") operation.fail(outcome.code);
    else operation.unknown(outcome.code);
    return outcome;
  }
}
