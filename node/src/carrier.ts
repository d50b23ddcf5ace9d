// Carries client requests and consumer streams to the engine and its effects back to whoever waits.
// It owns the numbers that tie them together, and it makes sure that everybody hears something: what
// the engine leaves unanswered ends here with UNAVAILABLE.

import {
  type ClientEffect,
  type ClientRequest,
  type ClientResult,
  type DeliveredItem,
  type Failure,
  SequenceTable,
  type SessionPart,
} from "@disheap/core";
import type { Engine } from "./engine.js";

/** Grace beyond the engine's own request timeout before the carrier answers in its place. */
const OVERDUE_MARGIN_MS = 5_000;

/** Every item is settled by `written` or `returned`, in order; a cancel returns the rest. */
interface StreamListener {
  /** `leaseLeftMs`: from then on the item must not be written, but returned. */
  onItem(item: DeliveredItem, leaseLeftMs: number): void;
  /** Return what is not written, and say `drained` once items can be written again. */
  onRecall(): void;
  /** Last call: return what is not written. `failure` undefined: the stream ends with OK. */
  onEnd(failure: Failure | undefined): void;
}

interface SessionListener {
  /** To be written; batches of deliveries are settled by `sessionWritten` or `sessionReturned`, in order. */
  onParts(parts: readonly SessionPart[]): void;
  /** Return deliveries that are not written, and say `sessionDrained` once something can be written again. */
  onRecall(): void;
  /** Last call: return deliveries that are not written, and end once all words are. `failure` undefined: with OK. */
  onEnd(failure: Failure | undefined): void;
}

interface Waiting {
  readonly done: (result: ClientResult) => void;
  readonly sinceMs: number;
}

export class Carrier {
  private readonly engine: Engine;
  private readonly nowMs: () => number;
  private readonly overdueMs: number;
  private readonly requests = new SequenceTable<Waiting>();
  private readonly streams = new Map<number, StreamListener>();
  private readonly sessions = new Map<number, SessionListener>();
  private closedBecause: Failure | undefined;
  private lastId = 0;

  /** `nowMs` is monotonic. */
  constructor(engine: Engine, nowMs: () => number, requestTimeoutMs: number) {
    this.engine = engine;
    this.nowMs = nowMs;
    this.overdueMs = requestTimeoutMs + OVERDUE_MARGIN_MS;
  }

  get pendingRequests(): number {
    return this.requests.size;
  }

  get openStreams(): number {
    return this.streams.size;
  }

  get openSessions(): number {
    return this.sessions.size;
  }

  /** Asks the engine; `done` is called exactly once, unless the returned function was called before. */
  request(request: ClientRequest, done: (result: ClientResult) => void): () => void {
    if (this.closedBecause !== undefined) {
      done({ ok: false, failure: this.closedBecause });
      return () => undefined;
    }
    const requestId = ++this.lastId;
    this.requests.set(requestId, { done, sinceMs: this.nowMs() });
    this.engine.submit({ kind: "client.request", requestId, request });
    return () => this.requests.delete(requestId);
  }

  /** Registers a consumer; undefined while the node shuts down (the listener has heard why). */
  openStream(listener: StreamListener): number | undefined {
    if (this.closedBecause !== undefined) {
      listener.onEnd(this.closedBecause);
      return undefined;
    }
    const streamId = ++this.lastId;
    this.streams.set(streamId, listener);
    return streamId;
  }

  filter(
    streamId: number,
    filter: { topic: string; partitionIds: readonly number[]; visibilityMs?: number },
  ): void {
    this.engine.submit({ kind: "stream.filter", streamId, ...filter });
  }

  credits(streamId: number, credits: number): void {
    this.engine.submit({ kind: "stream.credits", streamId, credits });
  }

  halfClose(streamId: number): void {
    this.engine.submit({ kind: "stream.half-close", streamId });
  }

  /** The transport took the next `count` items. */
  written(streamId: number, count: number): void {
    this.engine.submit({ kind: "stream.written", streamId, count });
  }

  /** The next `count` items were not and will never be written. */
  returned(streamId: number, count: number): void {
    this.engine.submit({ kind: "stream.returned", streamId, count });
  }

  drained(streamId: number): void {
    this.engine.submit({ kind: "stream.drained", streamId });
  }

  /** The consumer is gone: nothing more is passed to its listener. */
  cancel(streamId: number): void {
    if (this.streams.delete(streamId)) this.engine.submit({ kind: "stream.cancel", streamId });
  }

  /** Registers a session; undefined while the node shuts down (the listener has heard why). */
  openSession(listener: SessionListener): number | undefined {
    if (this.closedBecause !== undefined) {
      listener.onEnd(this.closedBecause);
      return undefined;
    }
    const sessionId = ++this.lastId;
    this.sessions.set(sessionId, listener);
    return sessionId;
  }

  sessionFrame(sessionId: number, frame: Uint8Array): void {
    this.engine.submit({ kind: "session.frame", sessionId, frame });
  }

  /** The transport took the next `batches` of deliveries, and the next `words`. */
  sessionWritten(sessionId: number, batches: number, words: number): void {
    this.engine.submit({ kind: "session.written", sessionId, batches, words });
  }

  /** The next `batches` were not and will never be written. */
  sessionReturned(sessionId: number, batches: number): void {
    this.engine.submit({ kind: "session.returned", sessionId, batches });
  }

  sessionDrained(sessionId: number): void {
    this.engine.submit({ kind: "session.drained", sessionId });
  }

  sessionHalfClosed(sessionId: number): void {
    this.engine.submit({ kind: "session.half-close", sessionId });
  }

  /** The link is gone, or all was said: nothing more is passed to its listener. */
  sessionGone(sessionId: number): void {
    this.sessions.delete(sessionId);
    this.engine.submit({ kind: "session.gone", sessionId });
  }

  /** The engine's side: an effect for a client that has left meanwhile is dropped. */
  emit(effect: ClientEffect): void {
    switch (effect.kind) {
      case "client.reply": {
        const waiting = this.requests.get(effect.requestId);
        this.requests.delete(effect.requestId);
        waiting?.done(effect.result);
        break;
      }
      case "stream.item":
        this.streams.get(effect.streamId)?.onItem(effect.item, effect.leaseLeftMs);
        break;
      case "stream.recall":
        this.streams.get(effect.streamId)?.onRecall();
        break;
      case "stream.end": {
        const listener = this.streams.get(effect.streamId);
        this.streams.delete(effect.streamId);
        listener?.onEnd(effect.failure);
        break;
      }
      case "session.parts":
        this.sessions.get(effect.sessionId)?.onParts(effect.parts);
        break;
      case "session.recall":
        this.sessions.get(effect.sessionId)?.onRecall();
        break;
      case "session.end":
        this.sessions.get(effect.sessionId)?.onEnd(effect.failure);
        break;
    }
  }

  /** Answers what the engine should have answered long ago. Called about once a second. */
  sweep(): void {
    const limit = this.nowMs() - this.overdueMs;
    for (const [requestId, waiting] of this.requests.entries()) {
      if (waiting.sinceMs > limit) return;
      this.requests.delete(requestId);
      waiting.done({
        ok: false,
        failure: {
          code: "UNAVAILABLE",
          message: "No answer in time and the outcome is unknown. Try again, on any node.",
        },
      });
    }
  }

  /** No new work from now on; `failure` says why. */
  refuse(failure: Failure): void {
    this.closedBecause = failure;
  }

  /** Ends every stream and request that is still open. */
  endAll(failure: Failure): void {
    for (const [requestId, waiting] of this.requests.entries()) {
      this.requests.delete(requestId);
      waiting.done({ ok: false, failure });
    }
    for (const [streamId, listener] of this.streams) {
      // In this order: what was written must be known as written before the cancel returns the rest.
      listener.onEnd(failure);
      this.cancel(streamId);
    }
    for (const listener of [...this.sessions.values()]) listener.onEnd(failure);
  }
}
