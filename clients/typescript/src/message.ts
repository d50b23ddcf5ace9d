// A delivery: the message, and the lease under which it is held until it is settled or the lease runs
// out. Settling twice the same way is one settling; settling both ways is refused.
import type { PopItem } from "@disheap/proto";
import { fencingOf } from "./convert.js";
import { DisheapLeaseError } from "./errors.js";

export interface NackOptions {
  /** When it may be tried again: exactly this long from now, 0 for at once. Default: the usual backoff. */
  backoffMs?: number | undefined;
  /** Sent along; nodes do not keep it in this version. */
  reason?: string | undefined;
}

/** What a message needs from the stream that delivered it. */
export interface Settler {
  ack(message: Message): Promise<void>;
  nack(message: Message, options: NackOptions): Promise<void>;
  extend(message: Message, ms: number): Promise<void>;
  /** The lease of the message has moved by `ms`, as was asked at `askedMs` (monotonic). */
  extended(message: Message, ms: number, askedMs: number): void;
  /** It could not be settled, for anything but its lease. */
  unsettled(message: Message): void;
  /** The message is settled, or its lease is lost: it takes no room any more. */
  released(message: Message): void;
}

/** An item of a stream; what it says in texts and large numbers may be made when it is asked for. */
export interface Delivered extends Readonly<PopItem> {
  readonly fencing?: number;
  readonly leaseDeadlineMs?: number;
}

/** A Date is made only where nothing else is there. */
export function deadlineMsOf(item: Delivered): number {
  return item.leaseDeadlineMs ?? item.leaseDeadline?.getTime() ?? 0;
}

/** How console.log shows an object (node:util). */
const inspect = Symbol.for("nodejs.util.inspect.custom");

/** For the consumer that made it; users do not see it. */
export let originOf: (message: Message) => object | undefined;

export class Message {
  static {
    originOf = (message) => message.#origin;
  }

  readonly topic: string;
  readonly partition: number;
  readonly payload: Uint8Array;
  /** Deliveries so far, this one included. */
  readonly attempts: number;
  readonly maxRetries: number;
  /** Grows with every lease of this message: storage that remembers it can refuse a late writer. */
  readonly fencing: number;
  readonly #item: Delivered;
  readonly #settler: Settler;
  /** What its consumer knows of it. */
  readonly #origin: object | undefined;
  #leaseDeadlineMs: number;
  #settling: { kind: "ack" | "nack"; done: Promise<void> } | undefined;

  constructor(item: Delivered, settler: Settler, origin?: object) {
    this.topic = item.topic;
    this.partition = item.partitionId;
    this.payload = item.payload;
    this.attempts = item.attempts;
    this.maxRetries = item.maxRetries;
    this.fencing = item.fencing ?? fencingOf(item.leaseToken);
    this.#item = item;
    this.#leaseDeadlineMs = item.leaseDeadlineMs ?? (item.leaseDeadline ?? new Date(0)).getTime();
    this.#settler = settler;
    this.#origin = origin;
  }

  get id(): string {
    return this.#item.messageId;
  }

  get priority(): bigint {
    return this.#item.priority;
  }

  get enqueuedAt(): Date {
    return this.#item.enqueuedTime ?? new Date(0);
  }

  get leaseToken(): string {
    return this.#item.leaseToken;
  }

  get producerId(): string | undefined {
    return this.#item.producerId;
  }

  get epoch(): bigint | undefined {
    return this.#item.epoch;
  }

  get sequence(): bigint | undefined {
    return this.#item.sequence;
  }

  [inspect](): object {
    const { id, priority, enqueuedAt, leaseToken, leaseDeadline } = this;
    const { producerId, epoch, sequence } = this;
    const asked = { id, priority, enqueuedAt, leaseToken, leaseDeadline };
    return { ...asked, ...this, producerId, epoch, sequence };
  }

  /** When the lease ends, by the cluster's clock. */
  get leaseDeadline(): Date {
    return new Date(this.#leaseDeadlineMs);
  }

  /** The payload as UTF-8 text. */
  text(): string {
    return Buffer.from(this.payload).toString("utf8");
  }

  /** The work is done: the message is removed for good. */
  ack(): Promise<void> {
    return this.#settle("ack", () => this.#settler.ack(this));
  }

  /** The work failed: the message is tried again later, or moves to the dead letter queue. */
  nack(options: NackOptions = {}): Promise<void> {
    return this.#settle("nack", () => this.#settler.nack(this, options));
  }

  /** Adds `ms` to the lease, counted from its old end. */
  async extend(ms: number): Promise<Date> {
    const askedMs = performance.now();
    await this.#settler.extend(this, ms);
    this.#leaseDeadlineMs += ms;
    this.#settler.extended(this, ms, askedMs);
    return this.leaseDeadline;
  }

  #settle(kind: "ack" | "nack", run: () => Promise<void>): Promise<void> {
    const before = this.#settling;
    if (before?.kind === kind) return before.done;
    if (before !== undefined) {
      const text = `Message ${this.id} was already settled by ${before.kind}; ${kind} has no effect.`;
      return Promise.reject(new DisheapLeaseError(text, "FAILED_PRECONDITION"));
    }
    const done = run().then(
      () => this.#settler.released(this),
      (error: unknown) => {
        // What may pass can be tried again; a lost lease stays lost.
        this.#settling = undefined;
        if (error instanceof DisheapLeaseError) this.#settler.released(this);
        else this.#settler.unsettled(this);
        throw error;
      },
    );
    this.#settling = { kind, done };
    return done;
  }
}
