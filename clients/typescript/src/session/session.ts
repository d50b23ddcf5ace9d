// A session with one node. What is asked in one round of the event loop goes out in one frame; answers come back by
// ranges. When the session ends, every row that waits fails: as not done if it was not sent, else as unknown.
import type { Metadata } from "@grpc/grpc-js";
import {
  decodeSessionOut,
  encodeSessionIn,
  type SessionOut,
  type SessionWelcome,
} from "@disheap/proto/session";
import type { Endpoint } from "../endpoints.js";
import { asError, type DisheapError, errorOf } from "../errors.js";
import { receiveBytesMax } from "../limits.js";
import { Calls, lostRow } from "./calls.js";
import { FrameMaker } from "./frame-maker.js";
import { frameBytesOf, type Row, windowBytesOf } from "./row.js";
import { SessionStream } from "./stream.js";

export interface SessionHooks {
  /** What it is for, in messages. */
  name: string;
  /** A node leads a partition of a topic. */
  onRoute: (topic: string, partition: number, node: string) => void;
  /** It takes no more. */
  onEnd: (session: Session) => void;
  /** After its answers were taken. */
  onFrame?: (frame: SessionOut) => void;
}

export class Session {
  readonly endpoint: Endpoint;
  /** Resolves once: undefined when it is open, else why it never was. */
  readonly opened: Promise<DisheapError | undefined>;
  /** Resolves after its last frame; undefined: the client ended it, and the node in good order. */
  readonly over: Promise<DisheapError | undefined>;
  readonly #hooks: SessionHooks;
  readonly #stream: SessionStream;
  readonly #calls: Calls;
  readonly #frames: FrameMaker;
  #tellOpened: (error: DisheapError | undefined) => void = () => undefined;
  #tellOver: (error: DisheapError | undefined) => void = () => undefined;
  #welcome: SessionWelcome | undefined;
  #flush: NodeJS.Immediate | undefined;
  #heardMs = performance.now();
  #usedMs = performance.now();
  #isEnding = false;
  #isOver = false;

  constructor(endpoint: Endpoint, metadata: Metadata, hooks: SessionHooks) {
    this.endpoint = endpoint;
    this.#hooks = hooks;
    this.#calls = new Calls(endpoint.address);
    this.#frames = new FrameMaker(this.#calls);
    this.opened = new Promise((resolve) => {
      this.#tellOpened = resolve;
    });
    this.over = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
    this.#stream = new SessionStream(endpoint, metadata, {
      name: hooks.name,
      onFrame: (frame) => this.#read(frame),
      onDrain: () => this.#schedule(),
      onEnd: (error) => this.#ended(error),
    });
    this.#write({ hello: { client: "disheap-typescript", level: 1, receiveBytesMax } });
  }

  /** What the node is called by its cluster; empty before the welcome. */
  get node(): string {
    return this.#welcome?.node ?? "";
  }

  get isOpen(): boolean {
    return this.#welcome !== undefined && !this.#isEnding && !this.#isOver;
  }

  get isWaiting(): boolean {
    return this.#calls.size > 0 || !this.#frames.isEmpty;
  }

  /** How long ago it was last used, or had anything to do. */
  idleMs(nowMs: number): number {
    return this.isWaiting ? 0 : nowMs - this.#usedMs;
  }

  /** How long the node has owed an answer and said nothing. */
  quietMs(nowMs: number): number {
    const { oldestMs } = this.#calls;
    return oldestMs === undefined ? 0 : nowMs - Math.max(oldestMs, this.#heardMs);
  }

  /** This process did not run for a while, and could hear nothing. */
  wasDeaf(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  add(row: Row): void {
    const why = this.#refusalOf(row);
    if (why !== undefined) {
      row.reject(lostRow(row, this.#unavailable(why), false));
      return;
    }
    // What has little of its budget left counts as waiting for long.
    this.#usedMs = Math.max(this.#usedMs, row.sinceMs);
    this.#frames.push(row);
    this.#schedule();
  }

  /** For the next frame; once it has ended, for nobody. */
  say(what: (frames: FrameMaker) => void): void {
    if (!this.isOpen) return;
    what(this.#frames);
    this.#schedule();
  }

  /** Why a row cannot go this way, whatever the node would say of it. */
  #refusalOf(row: Row): string | undefined {
    const welcome = this.#welcome;
    if (welcome === undefined || !this.isOpen) return "the session has ended.";
    if (!this.#frames.knows(row.topic)) return "the session has no number left for a topic.";
    const isLarge =
      frameBytesOf(row) > this.#frames.frameBytesMax ||
      windowBytesOf(row) > welcome.messageBytesMax;
    return isLarge ? "it is too large for the session." : undefined;
  }

  /** Rows that wait since before `sinceMs` wait no longer. */
  expire(sinceMs: number, afterMs: number): void {
    const message = `The session with ${this.endpoint.address} gave none within ${afterMs} ms.`;
    const why = errorOf("DEADLINE_EXCEEDED", message, { endpoint: this.endpoint.address });
    this.#calls.expire(sinceMs, (row) => lostRow(row, why, true));
    for (const row of this.#frames.takeOlder(sinceMs)) row.reject(lostRow(row, why, false));
  }

  /** In order: what waits to be sent is not sent any more, what was sent may still be answered. */
  end(): void {
    if (this.#isEnding || this.#isOver) return;
    this.#isEnding = true;
    this.#write({ ...this.#frames.takeSaid(), ends: true });
    this.#stream.end();
    this.#dropUnsent(this.#unavailable("the session has ended."));
    this.#hooks.onEnd(this);
  }

  /** The node does not answer any more. */
  abandon(error: DisheapError): void {
    this.#stream.abandon(error);
    this.#ended(error);
  }

  #schedule(): void {
    if (this.#frames.isEmpty) return;
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      this.#send();
    });
  }

  #send(): void {
    while (this.isOpen && !this.#stream.isBlocked) {
      const draft = this.#frames.next();
      if (draft === undefined) return;
      this.#write(draft);
    }
  }

  #write(draft: Parameters<typeof encodeSessionIn>[0]): void {
    this.#stream.write(encodeSessionIn(draft));
  }

  #read(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#take(bytes);
    } catch (error) {
      const { message } = asError(error);
      this.abandon(errorOf("INTERNAL", `A frame of ${this.endpoint.address}: ${message}`));
    }
  }

  #take(bytes: Uint8Array): void {
    const frame = decodeSessionOut(bytes);
    const nowMs = performance.now();
    this.#heardMs = nowMs;
    this.#usedMs = nowMs;
    if (frame.enqueueBytesMax > 0) this.#frames.windowBytesMax = frame.enqueueBytesMax;
    if (frame.welcome !== undefined) {
      this.#welcome = frame.welcome;
      this.#frames.limits(frame.welcome);
      this.#tellOpened(undefined);
    }
    this.#calls.answer(frame);
    for (const { topic, partition, node } of frame.route) {
      const name = this.#frames.topicOf(topic);
      if (name !== undefined) this.#hooks.onRoute(name, partition, node);
    }
    this.#hooks.onFrame?.(frame);
    this.#schedule();
  }

  #ended(error: DisheapError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearImmediate(this.#flush);
    const why = error ?? this.#unavailable("the node ended the session.");
    this.#tellOpened(why);
    this.#tellOver(this.#isEnding ? error : why);
    this.#calls.expire(Number.POSITIVE_INFINITY, (row) => lostRow(row, lossOf(why), true));
    this.#dropUnsent(lossOf(why));
    if (!this.#isEnding) this.#hooks.onEnd(this);
  }

  #dropUnsent(why: DisheapError): void {
    for (const row of this.#frames.takeOlder(Number.POSITIVE_INFINITY)) {
      row.reject(lostRow(row, why, false));
    }
  }

  #unavailable(message: string): DisheapError {
    const { address } = this.endpoint;
    return errorOf("UNAVAILABLE", `At ${address} ${message}`, { endpoint: address });
  }
}

/** However a session ended, its rows may be tried elsewhere: they themselves were not refused. */
function lossOf(why: DisheapError): DisheapError {
  return errorOf("UNAVAILABLE", why.message, { cause: why, endpoint: why.endpoint });
}
