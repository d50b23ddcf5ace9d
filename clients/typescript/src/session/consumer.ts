// A consumer with a session of its own: its deliveries have numbers, by which they are settled, and the node knows
// which of them were started, so that the others cost no attempt when the consumer leaves.
import type { Metadata } from "@grpc/grpc-js";
import type { PopFilter } from "@disheap/proto";
import { type SessionOut, u32At } from "@disheap/proto/session";
import { toMs } from "../convert.js";
import type { Endpoint } from "../endpoints.js";
import { type DisheapError, errorOf, fromStatus } from "../errors.js";
import type { Delivered } from "../message.js";
import type { PopSource } from "../pop-source.js";
import { afterListening, silenceMs } from "../silence.js";
import { itemsOf } from "./deliveries.js";
import type { Leaders } from "./leaders.js";
import { type SettleSpec, sent } from "./row.js";
import { Session } from "./session.js";
import { watch, type WatchRules } from "./watch.js";

export interface ConsumerContext {
  metadata: Metadata;
  filter: PopFilter;
  rules: WatchRules;
  /** Told what this session hears of them. */
  leaders: Leaders;
  /** `leaseLeftMs`: as the frame was written. */
  onItem: (item: Delivered, delivery: number, leaseLeftMs: number) => void;
}

export class SessionConsumer implements PopSource {
  readonly ended: Promise<DisheapError | undefined>;
  readonly #session: Session;
  readonly #context: ConsumerContext;
  #failure: DisheapError | undefined;
  /** The delivery that comes next. */
  #next = 1;
  #isEnding = false;
  #halfClosedMs: number | undefined;
  #hasLeft = false;

  constructor(endpoint: Endpoint, context: ConsumerContext) {
    this.#context = context;
    const { filter, metadata } = context;
    this.#session = new Session(endpoint, metadata, {
      name: `pop(${filter.topic})`,
      onRoute: (...route) => context.leaders.route(...route),
      onEnd: () => undefined,
      onFrame: (frame) => this.#take(frame),
    });
    this.ended = this.#end();
  }

  /** Undefined when the node has opened it, else why it did not. */
  async open(): Promise<DisheapError | undefined> {
    const { filter, rules } = this.#context;
    const { endpoint } = this.#session;
    const stop = afterListening(silenceMs, () => {
      if (rules.hasOthers) this.abandon(endpoint.silenceError());
    });
    const failure = await this.#session.opened;
    stop();
    if (failure !== undefined) return failure;
    this.#context.leaders.welcome(endpoint, this.#session.node);
    const { topic, partitionIds: partition, visibilityTimeout } = filter;
    const visibilityMs = visibilityTimeout && Math.round(toMs(visibilityTimeout));
    this.#session.say((frames) => frames.openConsumer(topic, { partition, visibilityMs }));
    return undefined;
  }

  get endpoint(): Endpoint {
    return this.#session.endpoint;
  }

  /** What was not started went back. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  get halfClosedMs(): number | undefined {
    return this.#halfClosedMs;
  }

  credit(credits: number): void {
    this.#session.say((frames) => frames.credit(credits));
  }

  /**
   * A handler starts with it. False: the consumer has left, and the delivery went back. What came by a session that
   * broke is held until its grace is over.
   */
  start(delivery: number): boolean {
    if (this.#hasLeft) return false;
    this.#session.say((frames) => frames.started(delivery, 1));
    return true;
  }

  /** Undefined: done. An error does not say that it cannot be done by token. */
  settle(spec: SettleSpec, nowMs: number): Promise<DisheapError | undefined> {
    // A settle is answered with nothing else.
    return sent(this.#session, spec, nowMs) as Promise<DisheapError | undefined>;
  }

  /** Whatever has come is taken as started, and keeps its lease. */
  halfClose(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#halfClosedMs = performance.now();
    if (this.#next > 1) this.#session.say((frames) => frames.started(1, this.#next - 1));
    this.#session.end();
  }

  /** What was not started goes back, also what is on its way. */
  leave(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#hasLeft = true;
    this.#session.end();
  }

  abandon(error: DisheapError): void {
    this.#session.abandon(error);
  }

  cancel(): void {
    const { address } = this.#session.endpoint;
    this.abandon(errorOf("CANCELLED", `The consumer at ${address} was cancelled.`));
  }

  async #end(): Promise<DisheapError | undefined> {
    const unwatch = watch(this.#session, this.#context.rules);
    const error = await this.#session.over;
    unwatch();
    return this.#failure ?? error;
  }

  #take(frame: SessionOut): void {
    const { filter, onItem } = this.#context;
    for (const rows of frame.delivered) {
      const items = itemsOf(rows, filter.topic);
      // What comes after the end is of those that go back.
      if (this.#isEnding) continue;
      this.#next = rows.firstDelivery + items.length;
      for (const [row, item] of items.entries()) {
        onItem(item, rows.firstDelivery + row, u32At(rows.leaseLeftMs, row));
      }
    }
    for (const { code, message } of frame.ended) {
      if (code === 0 || this.#failure !== undefined) continue;
      const { address } = this.#session.endpoint;
      const name = `pop(${filter.topic})`;
      this.#failure = fromStatus(code, message, { name, endpoint: address, mayBeDone: false });
      this.halfClose();
    }
  }
}
