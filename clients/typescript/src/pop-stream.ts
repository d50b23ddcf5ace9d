// A consumer: an async iterator over deliveries that survives the loss of the node it talks to. After
// a failure it opens a new stream elsewhere, with the filter and fresh credits for the room it has.
// Credits return as messages are settled, so a slow consumer holds only as much as it asked for.
import type { PopFilter } from "@disheap/proto";
import { type Caller, withLeft } from "./caller.js";
import type { CreditWindow } from "./credit-window.js";
import { DeliveryQueue } from "./delivery-queue.js";
import type { Endpoint, EndpointPool } from "./endpoints.js";
import { asError, DisheapError, exhausted, unending } from "./errors.js";
import { GivingBack } from "./give-back.js";
import { HeldMessages } from "./held-messages.js";
import {
  type Delivered,
  deadlineMsOf,
  Message,
  type NackOptions,
  type Settler,
} from "./message.js";
import { DeliverySettles, type Numbered, numberOf, type SettleCalls } from "./delivery-settles.js";
import type { ResolvedOptions } from "./options.js";
import { PopConnection } from "./pop-connection.js";
import { filterOf } from "./pop-filter.js";
import {
  endingMsOf,
  keepLeaseMsOf,
  outageMaxMsOf,
  type PopOptions,
  windowOf,
} from "./pop-options.js";
import type { PopSource } from "./pop-source.js";
import { isRetryable } from "./retry.js";
import { SessionConsumer } from "./session/consumer.js";
import { Moving } from "./session/moving.js";
import type { Sessions } from "./session/sessions.js";
import { onDeadStream, silenceMs } from "./silence.js";
import { soon } from "./soon.js";
import type { Visibilities } from "./visibilities.js";

export interface PopContext {
  pool: EndpointPool;
  caller: Caller;
  options: ResolvedOptions;
  calls: SettleCalls;
  sessions: Sessions;
  visibilities: Visibilities;
  /** Told when the iteration has reached its end. */
  onClosed: (stream: PopStream) => void;
}

/** A stream that lived this long was healthy: its loss starts the count of failures anew. */
const healthyMs = 5_000;
/** How long a node may take to end a stream that has nothing left to do. */
const endingMsMax = 2_000;
/** How long a closing consumer waits for what is on its way to it. */
const leavingMsMax = 1_000;
/** How long closing takes, with all that goes back; a closing client waits as long. */
const closingMsMax = 2_000;
/** How long one extension of the background is tried: it is repeated anyway, and must not outlive the consumer by much. */
const extendingMsMax = 5_000;
/** How often it is asked whether the leader is elsewhere. */
const lookMs = 250;

interface Served {
  error?: DisheapError | undefined;
  wasHealthy: boolean;
}

interface Source {
  at: Endpoint;
  connection: PopSource;
}

/** How a source ended, or which one takes its place. */
type After = { error: DisheapError | undefined } | { next: Source };

export class PopStream implements AsyncIterableIterator<Message, undefined>, Settler {
  readonly #context: PopContext;
  readonly #filter: PopFilter;
  readonly #window: CreditWindow;
  readonly #held: HeldMessages;
  readonly #isOneShot: boolean;
  readonly #outageMaxMs: number;
  readonly #endingMs: number;
  readonly #settles: DeliverySettles;
  readonly #queue = new DeliveryQueue<Message>();
  #connection: PopSource | undefined;
  readonly #moving: Moving<Endpoint>;
  /** Where it moved away from, until what was not started has gone back. */
  readonly #left = new Set<SessionConsumer>();
  #isStarted = false;
  /** The connection has brought something. */
  #hasDelivered = false;
  /** No more credits are sent, and a lost stream is not opened again. */
  #isFinishing = false;
  /** Why there is no connection; undefined while all is well. */
  #trouble: DisheapError | undefined;
  /** Why the iteration fails, where a node did not end its stream. */
  #overdue: DisheapError | undefined;
  #closing: Promise<void> | undefined;
  readonly #givingBack: GivingBack;
  /** Nobody has answered yet. */
  readonly #opening = new Set<SessionConsumer>();
  /** What came after the close. */
  readonly #unseen: Message[] = [];

  constructor(topic: string, options: PopOptions, context: PopContext) {
    this.#context = context;
    this.#filter = filterOf(topic, options);
    this.#settles = new DeliverySettles(context.calls);
    this.#givingBack = new GivingBack(context.calls, context.options.retry);
    this.#window = windowOf(options);
    this.#outageMaxMs = outageMaxMsOf(options, context.options.retry);
    this.#endingMs = endingMsOf(options, context.options.retry);
    this.#isOneShot = options.credits !== undefined;
    const { partitionIds } = this.#filter;
    this.#moving = new Moving(() => context.sessions.home(topic, partitionIds));
    this.#held = new HeldMessages({
      visibilityMs: options.visibilityMs,
      keepLeaseMs: keepLeaseMsOf(options),
      onFreed: () => {
        this.#window.released();
        this.#pump();
      },
      // What nobody takes in time is of no use here, and others could have it.
      onRunOut: (message) => {
        if (!this.#queue.remove(message)) return;
        this.#held.release(message);
        this.#givingBack.add(message);
      },
      askVisibilityMs: () => context.visibilities.of(topic),
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    if (!this.#isStarted) {
      this.#isStarted = true;
      void this.#run();
    }
    const waiting = this.#queue.take();
    if (waiting === undefined) return this.#awaitNext();
    this.#pump();
    // All is well nearly always, and then there is nothing to wait for.
    if (!this.#held.isSurelyLive(waiting)) return this.#awaitNext(waiting);
    if (this.#start(waiting)) return Promise.resolve({ value: waiting, done: false });
    this.#wentBack(waiting);
    this.#givingBack.add(waiting);
    return this.#awaitNext();
  }

  /** `first`: a delivery that may have lost its lease while it waited here, and be somebody else's by now. */
  async #awaitNext(first?: Message): Promise<IteratorResult<Message, undefined>> {
    for (let doubtful = first; ; doubtful = undefined) {
      let message = doubtful;
      if (message === undefined) {
        const next = this.#queue.next();
        this.#pump();
        const result = await next;
        if (result.done === true) {
          // Who closes the client waits for what is given back.
          if (this.#closing === undefined) this.#context.onClosed(this);
          return result;
        }
        message = result.value;
      }
      if (await this.#held.isLive(message)) {
        if (this.#start(message)) return { value: message, done: false };
        this.#wentBack(message);
      }
      this.#givingBack.add(message);
    }
  }

  async return(): Promise<IteratorResult<Message, undefined>> {
    await this.close();
    return { value: undefined, done: true };
  }

  /** Asks for nothing more and lets the iteration end by itself; leases already given stay whole. */
  finish(): void {
    this.#isFinishing = true;
    // Without a connection nobody knows what is ready: that is no orderly end.
    if (this.#connection === undefined) this.#queue.end(this.#trouble);
    else this.#connection.halfClose();
  }

  /**
   * Ends without handing out any more. Deliveries that were not handed out go back, and cost no attempt. It takes two
   * seconds at most: what no node has taken back by then comes again when its lease ends.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  ack(message: Message): Promise<void> {
    return this.#settles.ack(message);
  }

  nack(message: Message, options: NackOptions): Promise<void> {
    return this.#settles.nack(message, options);
  }

  extend(message: Message, ms: number): Promise<void> {
    const { retry } = this.#context.options;
    const within = this.#held.isExtending ? withLeft(extendingMsMax, retry) : undefined;
    return this.#settles.extend(message, ms, within);
  }

  extended(message: Message, ms: number, askedMs: number): void {
    this.#held.extended(message, ms, askedMs);
  }

  unsettled(message: Message): void {
    this.#held.letGo(message);
  }

  released(message: Message): void {
    this.#held.release(message);
  }

  /** False: it went back when this consumer left. */
  #start(message: Message): boolean {
    const numbered = numberOf(message);
    return numbered === undefined || numbered.consumer.start(numbered.delivery);
  }

  #wentBack(message: Message): void {
    this.#window.undelivered();
    this.#held.release(message);
  }

  async #close(): Promise<void> {
    this.#givingBack.endIn(closingMsMax);
    const back = this.#queue.drain();
    this.#queue.end();
    this.#held.clear();
    for (const consumer of this.#opening) consumer.cancel();
    await soon(this.#goAway(back), closingMsMax);
    for (const consumer of this.#left) consumer.cancel();
    this.#context.onClosed(this);
  }

  async #goAway(waiting: readonly Message[]): Promise<void> {
    let back = waiting;
    const connection = this.#connection;
    // A stream that delivered all it was asked for ends by itself, and its leases keep their length.
    if (this.#window.isSpent) await connection?.ended;
    else if (connection instanceof SessionConsumer && (await this.#leaveSession(connection))) {
      back = back.filter((message) => numberOf(message)?.consumer !== connection);
    } else if (connection !== undefined) await this.#leave(connection);
    for (const message of [...back, ...this.#unseen]) this.#givingBack.add(message);
    await this.#givingBack.done();
    await Promise.all([...this.#left].map((consumer) => consumer.ended));
  }

  /**
   * For credits that are out deliveries may be on their way. Who just hung up would never know of them, and they
   * would count; so what comes is taken in, to go back with the rest. Where nothing can go back without an
   * attempt it is better not to have come.
   */
  async #leave(connection: PopSource): Promise<void> {
    const { calls, options } = this.#context;
    const cancel = setTimeout(() => connection.cancel(), leavingMsMax);
    const canRelease = async (): Promise<boolean> =>
      (await soon(calls.canRelease(withLeft(leavingMsMax, options.retry)), leavingMsMax)) === true;
    if (this.#window.open > 0 && (await canRelease())) {
      connection.halfClose();
      await connection.ended;
    }
    clearTimeout(cancel);
    connection.cancel();
  }

  /** Whether all that was not started went back with it. */
  async #leaveSession(consumer: SessionConsumer): Promise<boolean> {
    consumer.leave();
    const cancel = setTimeout(() => consumer.cancel(), leavingMsMax);
    const error = await consumer.ended;
    clearTimeout(cancel);
    return error === undefined && consumer.hasLeft;
  }

  /** Serves from one endpoint after the other until the end is known. */
  async #run(): Promise<void> {
    const { pool, caller, sessions } = this.#context;
    let servedMs = performance.now();
    try {
      for (let round = 1; ; round += 1) {
        let last: DisheapError | undefined;
        for (const endpoint of sessions.order(this.#filter.topic, this.#filter.partitionIds)) {
          const served = await this.#serve(endpoint);
          if (this.#queue.isEnded) return;
          const { error, wasHealthy } = served;
          if (error === undefined || this.#window.isSpent) return this.#queue.end();
          if (this.#overdue !== undefined) return this.#queue.end(this.#overdue);
          if (!isRetryable(error.code)) return this.#queue.end(error);
          if (this.#isFinishing) return this.#queue.end(wasHealthy ? undefined : error);
          this.#trouble = wasHealthy ? undefined : error;
          endpoint.coolDown();
          last = error;
          if (!wasHealthy) continue;
          servedMs = performance.now();
          round = 1;
          break;
        }
        const endMs = servedMs + this.#outageMaxMs;
        if (performance.now() >= endMs) {
          const name = `pop(${this.#filter.topic})`;
          const spent = { rounds: round, budgetMs: this.#outageMaxMs };
          return this.#queue.end(exhausted(name, pool.addresses, spent, last));
        }
        await caller.pause(round, endMs);
      }
    } catch (error) {
      this.#queue.end(asError(error));
    }
  }

  async #serve(endpoint: Endpoint): Promise<Served> {
    const consumer = await this.#reach(endpoint);
    if (consumer instanceof DisheapError) return { error: consumer, wasHealthy: false };
    if (this.#queue.isEnded || this.#isFinishing) {
      consumer?.leave();
      return { wasHealthy: true };
    }
    const startedMs = performance.now();
    this.#hasDelivered = false;
    this.#window.reopened();
    const connection = consumer ?? this.#connect(endpoint);
    let { at, error } = await this.#follow({ at: endpoint, connection });
    // What is ready and was asked for is still to come: a call of PopStream ends once it has.
    const isAsking = this.#isFinishing && !this.#queue.isEnded && this.#window.open > 0;
    if (consumer !== undefined && error === undefined && isAsking) {
      const last = this.#connect(at);
      last.credit(this.#window.open);
      last.halfClose();
      ({ at, error } = await this.#follow({ at, connection: last }));
    }
    const wasHealthy = this.#hasDelivered || performance.now() - startedMs >= healthyMs;
    return { error, wasHealthy };
  }

  /** A consumer there; undefined: not by a session; an error: the node serves nobody now. */
  async #reach(endpoint: Endpoint): Promise<SessionConsumer | DisheapError | undefined> {
    const { pool, options } = this.#context;
    const { connectTimeoutMs } = options;
    const hasOthers = pool.size > 1;
    try {
      // Where others may answer sooner, the channel goes on dialling by itself.
      await endpoint.connect(hasOthers ? Math.min(connectTimeoutMs, silenceMs) : connectTimeoutMs);
    } catch (error) {
      if (error instanceof DisheapError) return error;
      throw error;
    }
    return this.#openSession(endpoint);
  }

  #connect(endpoint: Endpoint): PopConnection {
    const metadata = this.#context.caller.metadata();
    const connection: PopConnection = new PopConnection(endpoint, metadata, this.#filter, {
      onItem: (item) => this.#deliver(item),
      endingMs: this.#endingMs,
      onOverdue: () => {
        this.#overdue = unending(this.#filter.topic, endpoint.address, this.#endingMs);
        connection.cancel();
      },
    });
    return connection;
  }

  /** Undefined: not with this node, or not for this; an error: the node serves nobody now. */
  async #openSession(endpoint: Endpoint): Promise<SessionConsumer | DisheapError | undefined> {
    const { sessions, caller } = this.#context;
    if (this.#isOneShot || !sessions.mayHave(endpoint)) return undefined;
    const consumer = new SessionConsumer(endpoint, {
      metadata: caller.metadata(),
      filter: this.#filter,
      rules: sessions.watchRules,
      leaders: sessions.leaders,
      onItem: (item, delivery, leaseLeftMs) =>
        this.#deliver(item, { consumer, delivery, leaseLeftMs }),
    });
    this.#opening.add(consumer);
    const error = await consumer.open();
    this.#opening.delete(consumer);
    if (error === undefined) return consumer;
    if (error.code === "UNIMPLEMENTED") sessions.lacks(endpoint);
    // A node with as many sessions as it takes may still have room for a stream.
    const isOtherwise = error.code === "UNIMPLEMENTED" || error.code === "RESOURCE_EXHAUSTED";
    return isOtherwise ? undefined : error;
  }

  /** Until it ends, there or where it moved to. */
  async #follow(source: Source): Promise<{ at: Endpoint; error: DisheapError | undefined }> {
    let { at, connection } = source;
    this.#held.reopened();
    let after = await this.#attend(source);
    while ("next" in after) {
      ({ at, connection } = after.next);
      this.#held.reopened();
      after = await this.#attend(after.next);
    }
    this.#connection = undefined;
    const { error } = after;
    // What a closing consumer still has goes back, and is not extended.
    if (this.#closing === undefined) {
      this.#held.broke(error === undefined ? connection.halfClosedMs : undefined);
    }
    return { at, error };
  }

  async #attend({ at, connection }: Source): Promise<After> {
    const hasOthers = this.#context.pool.size > 1;
    this.#connection = connection;
    this.#pump();
    const isOwed = (): boolean => hasOthers && (this.#window.open > 0 || this.#isFinishing);
    const unwatch = onDeadStream(at, isOwed, () => connection.abandon(at.silenceError()));
    let look: NodeJS.Timeout | undefined;
    const moved = new Promise<After>((resolve) => {
      if (!hasOthers || !(connection instanceof SessionConsumer)) return;
      look = setInterval(() => {
        const to = this.#moving.next(at, performance.now());
        if (to !== undefined)
          void this.#move(connection, to).then((next) => next && resolve({ next }));
      }, lookMs);
      look.unref();
    });
    const after = await Promise.race([connection.ended.then((error) => ({ error })), moved]);
    clearInterval(look);
    unwatch();
    return after;
  }

  /**
   * Consumes there, and leaves `from` in good order: what was not started goes back, uncounted, and comes again.
   * Undefined: it stays where it is.
   */
  async #move(from: SessionConsumer, to: Endpoint): Promise<Source | undefined> {
    // Where it is all may be well: a move that fails is nobody's trouble.
    const consumer = await this.#reach(to).catch(() => undefined);
    if (!(consumer instanceof SessionConsumer)) return undefined;
    if (this.#connection !== from || this.#queue.isEnded || this.#isFinishing) {
      consumer.leave();
      return undefined;
    }
    this.#connection = undefined;
    from.leave();
    this.#left.add(from);
    void from.ended.then(() => this.#left.delete(from));
    const isBack = (message: Message): boolean => numberOf(message)?.consumer === from;
    for (const message of this.#queue.drainOf(isBack)) this.#wentBack(message);
    // What is at work keeps its lease while the node lives that it came from, and nobody here would see that end.
    this.#held.broke();
    this.#window.reopened();
    this.#connection = consumer;
    return { at: to, connection: consumer };
  }

  #pump(): void {
    if (this.#connection === undefined || this.#isFinishing || this.#queue.isEnded) return;
    const credits = this.#window.take(this.#queue.isEmpty);
    if (credits > 0) this.#connection.credit(credits);
    if (this.#isOneShot) this.#connection.halfClose();
  }

  #deliver(item: Delivered, numbered?: Numbered & { leaseLeftMs: number }): void {
    this.#hasDelivered = true;
    if (this.#queue.isEnded && this.#closing === undefined) return;
    let message: Message;
    try {
      message = new Message(item, this, numbered);
    } catch (error) {
      this.#queue.end(asError(error));
      this.#connection?.cancel();
      return;
    }
    if (this.#queue.isEnded) {
      this.#unseen.push(message);
      return;
    }
    this.#window.delivered();
    this.#held.hold(message, numbered?.leaseLeftMs, deadlineMsOf(item));
    this.#queue.push(message);
    this.#pump();
    if (this.#window.isSpent) this.#finishSpent();
  }

  #finishSpent(): void {
    this.finish();
    const connection = this.#connection;
    setTimeout(() => connection?.cancel(), endingMsMax).unref();
  }
}
