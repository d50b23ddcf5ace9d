// One client's session: its handles, its window, and what waits for its next frame.
//   SES1 call numbers only rise, and each call is answered once for every row (calls.ts);
//   SES2 deliveries are settled by the carrier in the order in which they were handed over, and those that were
//      written get their numbers in that order, without a gap, here as there;
//   SES3 no more payload is answered than came, so that the window that is granted never exceeds its size;
//   SES4 `waitingRows` are the rows of the batches in `handed`, which grow no more.

import type { ConsumerEnd, PartitionRoute } from "@disheap/proto/session";
import type { Failure } from "../contract/api.js";
import type { NodeLimits } from "../contract/limits/rule.js";
import { invalid, sessionProblem } from "../edge/requests/validate.js";
import { assert } from "../lib/assert.js";
import { Answers } from "./answers.js";
import { DeliveryBatch } from "./delivery-batch.js";
import { CALLS_MAX } from "./limits.js";
import { DeliveryRing } from "./ring.js";

export interface Consumer {
  readonly handle: number;
  /** Its number among all streams of this node. */
  readonly clientStream: number;
  readonly reportsStarted: boolean;
  /** Credits that were given and not used. */
  credits: number;
  /** Since when it had room for the next delivery. */
  roomSinceMs: number;
  isEnded: boolean;
  /** It asked for no more. */
  isClosed: boolean;
}

export interface Producer {
  readonly producerId: string;
  readonly epochHi: number;
  readonly epochLo: number;
}

/** Deliveries that the carrier has, and that it has not settled yet. */
export interface HandedBatch {
  readonly handedMs: number;
  readonly batch: DeliveryBatch;
}

/** Where a topic's partitions were said to be led. */
export interface RoutedTopic {
  readonly handle: number;
  readonly topic: string;
  readonly leaders: number[];
}

export class Session {
  readonly id: number;
  readonly windowBytes: number;
  readonly receiveBytesMax: number;
  readonly topics = new Map<number, string>();
  readonly producers = new Map<number, Producer>();
  readonly consumers = new Map<number, Consumer>();
  readonly ring = new DeliveryRing();
  answers = new Answers();
  /** For the next parts, in the order in which they began; the newest of each consumer grows. */
  batches: DeliveryBatch[] = [];
  private readonly growing = new Map<number, DeliveryBatch>();
  batchBytes = 0;
  ended: ConsumerEnd[] = [];
  routes: PartitionRoute[] = [];
  readonly routed = new Map<number, RoutedTopic>();
  readonly handed: HandedBatch[] = [];
  /** When the words were handed over that the transport has not taken yet. */
  readonly wordsHandedMs: number[] = [];
  /** Since when a recall waits for the transport to take something. */
  recalledMs: number | undefined;
  /** Deliveries that are not written yet. */
  private waitingRows = 0;
  /** Calls under way. */
  calls = 0;
  /** The client said that it ends: answers are still due, and nothing else. */
  isEnding = false;
  /** Since when. */
  endingMs = 0;
  /** Nobody is there any more. */
  isGone = false;
  /** The highest number of a call in the frames before this one; those of this one. */
  private lastCall = 0;
  private readonly callsOfFrame = new Set<number>();
  /** Payload that came in the life of the session, and of it what was answered. */
  private receivedBytes = 0;
  private answeredBytes = 0;
  private toldBytes = 0;

  constructor(id: number, windowBytes: number, receiveBytesMax: number) {
    this.id = id;
    this.windowBytes = windowBytes;
    this.receiveBytesMax = receiveBytesMax;
  }

  /** Inside of a frame calls are not taken in the order of their numbers: settles come before enqueues. */
  beginFrame(): void {
    for (const call of this.callsOfFrame) if (call > this.lastCall) this.lastCall = call;
    this.callsOfFrame.clear();
  }

  /** Why a call may not come in under this number. */
  numberProblem(call: number, node: NodeLimits): Failure | undefined {
    const wrong = sessionProblem("call", call, node);
    if (wrong) return wrong;
    if (call <= this.lastCall || this.callsOfFrame.has(call)) {
      return invalid(
        `call ${call} is not new; numbers rise from frame to frame, and each is used once`,
      );
    }
    this.callsOfFrame.add(call);
    if (this.calls < CALLS_MAX) return undefined;
    return {
      code: "RESOURCE_EXHAUSTED",
      message: `${CALLS_MAX} calls of this session are under way, as many as may be; wait for answers, or put more rows in a call`,
    };
  }

  /** Payload comes in; the failure when it is more than was granted. */
  receive(bytes: number): Failure | undefined {
    this.receivedBytes += bytes;
    const most = this.toldBytes;
    if (this.receivedBytes <= most) return undefined;
    return {
      code: "RESOURCE_EXHAUSTED",
      message: `${this.receivedBytes} bytes of payload came and enqueue_bytes_max is ${most}; wait for a higher one before sending more`,
    };
  }

  /** It is answered, or was refused: so much more may come. */
  answered(bytes: number): void {
    this.answeredBytes += bytes;
    assert(this.answeredBytes <= this.receivedBytes, "SES3: no more is answered than came");
  }

  /** What to grant in the next frame, or 0: told again once a quarter of the window is free. */
  takeWindow(): number {
    const most = this.answeredBytes + this.windowBytes;
    if (most - this.toldBytes < this.windowBytes / 4) return 0;
    this.toldBytes = most;
    return most;
  }

  get hasWindowToTell(): boolean {
    return this.answeredBytes + this.windowBytes - this.toldBytes >= this.windowBytes / 4;
  }

  /** Deliveries that the client holds or will, and credits for more. */
  get promised(): number {
    let credits = 0;
    for (const consumer of this.consumers.values()) credits += consumer.credits;
    return credits + this.ring.size + this.waitingRows;
  }

  /** Where the consumer's next delivery goes, whose lease has so long to go. */
  batchFor({ handle, clientStream }: Consumer, nowMs: number, leaseLeftMs: number): DeliveryBatch {
    const known = this.growing.get(handle);
    if (known?.overMs === nowMs + leaseLeftMs) return known;
    const batch = new DeliveryBatch(handle, clientStream, nowMs, leaseLeftMs);
    this.batches.push(batch);
    this.growing.set(handle, batch);
    return batch;
  }

  takeBatches(): readonly DeliveryBatch[] {
    const { batches } = this;
    this.batches = [];
    this.growing.clear();
    this.batchBytes = 0;
    return batches;
  }

  hand(batch: DeliveryBatch, handedMs: number): void {
    this.handed.push({ batch, handedMs });
    this.waitingRows += batch.rows;
  }

  /** The oldest batches of those that were handed over; `isWritten`: they have their numbers now. */
  settle(count: number, isWritten: boolean): readonly DeliveryBatch[] {
    assert(count <= this.handed.length, "SES2: no more is settled than was handed over");
    const settled = this.handed.splice(0, count).map(({ batch }) => batch);
    for (const { rows, deliveries } of settled) {
      this.waitingRows -= rows;
      if (isWritten) for (const delivery of deliveries) this.ring.add(delivery);
    }
    const isRight = this.handed.length === 0 ? this.waitingRows === 0 : this.waitingRows >= 0;
    assert(isRight, "SES4: rows wait in batches that are handed over");
    return settled;
  }

  /** Since when the client takes nothing of what is there for it. */
  get waitsSinceMs(): number {
    const oldestMs = Math.min(this.handed.at(0)?.handedMs ?? Infinity, this.recalledMs ?? Infinity);
    return Math.min(oldestMs, this.wordsHandedMs.at(0) ?? Infinity);
  }
}
