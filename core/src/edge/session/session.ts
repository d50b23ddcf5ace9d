// One client's session: its handles, its window, and what waits for its next frame.
//   SES1 call numbers only rise, and each call is answered once for every row (calls.ts);
//   SES2 delivery numbers are given out in the order in which frames leave, without a gap.

import type { ConsumerEnd, PartitionRoute } from "@disheap/proto/session";
import type { Failure } from "../../contract/api.js";
import { invalid } from "../requests/validate.js";
import { Answers } from "./answers.js";
import type { DeliveryBatch } from "./delivery-batch.js";
import { CALLS_MAX, NUMBER_MAX } from "./limits.js";
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
}

export interface Producer {
  readonly producerId: string;
  readonly epochHi: number;
  readonly epochLo: number;
}

/** A frame that the transport has not taken yet. */
export interface UnwrittenFrame {
  readonly handedMs: number;
  /** The number that its deliveries begin with. */
  readonly firstDelivery: number;
  readonly counts: readonly { readonly clientStream: number; readonly count: number }[];
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
  /** By consumer, in the order in which they got something. */
  readonly batches = new Map<number, DeliveryBatch>();
  batchBytes = 0;
  ended: ConsumerEnd[] = [];
  routes: PartitionRoute[] = [];
  readonly routed = new Map<number, RoutedTopic>();
  readonly unwritten: UnwrittenFrame[] = [];
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
  numberProblem(call: number): Failure | undefined {
    if (call > NUMBER_MAX) return invalid(`call ${call} is not below 2^53; count calls from 1`);
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

  /** Deliveries that the client holds, and credits for more. */
  get promised(): number {
    let credits = 0;
    for (const consumer of this.consumers.values()) credits += consumer.credits;
    return credits + this.ring.size;
  }

  /** The least number of a delivery that the transport has not taken. */
  get firstUnwritten(): number {
    return this.unwritten.at(0)?.firstDelivery ?? this.ring.nextNumber;
  }
}
