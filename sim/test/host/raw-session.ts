// A session spoken by hand, byte by byte if need be: for what no client of ours would send.

import type { ClientEffect, Failure, SessionEvent } from "@disheap/core";
import { SessionQueue } from "@disheap/io/carrier";
import {
  ColumnWriter,
  decodeSessionOut,
  type DeliveryRows,
  type Draft,
  encodeSessionIn,
  type SessionIn,
  type SessionOut,
} from "@disheap/proto/session";
import type { Plan } from "../../src/plan/plan.js";
import { itemsOf } from "../../src/workload/session/columns-of.js";
import { quietWorld, type QuietWorld } from "./quiet-world.js";

/** Numbers that no client of the hub gets. */
let nextId = 1_000_000;

/** As in the simulator's own pipe. */
const REPORT_US = 200;

export const HELLO = { client: "by hand", level: 1 };

export class RawSession {
  readonly id = nextId++;
  readonly node: number;
  /** Written to it. */
  readonly frames: SessionOut[] = [];
  /** Deliveries that its node handed over, written or not. */
  handedRows = 0;
  private isReading = true;
  end: { readonly failure: Failure | undefined } | undefined;
  private readonly q: QuietWorld;
  private readonly queue: SessionQueue;

  constructor(q: QuietWorld, node: number) {
    this.q = q;
    this.node = node;
    const { queue } = q.world;
    const sessionId = this.id;
    this.queue = new SessionQueue({
      now: () => queue.nowUs / 1000,
      isBlocked: () => !this.isReading,
      send: (frame) => this.frames.push(decodeSessionOut(frame)),
      reportSoon: () => queue.schedule(queue.nowUs + REPORT_US, () => this.queue.report()),
      tell: {
        written: (batches, words) =>
          this.tell({ kind: "session.written", sessionId, batches, words }),
        returned: (batches) => this.tell({ kind: "session.returned", sessionId, batches }),
        drained: () => this.tell({ kind: "session.drained", sessionId }),
      },
    });
  }

  stopReading(): this {
    this.isReading = false;
    return this;
  }

  readAgain(): void {
    this.isReading = true;
    this.queue.pump();
  }

  send(frame: Draft<SessionIn> | Uint8Array): this {
    const bytes = frame instanceof Uint8Array ? frame : encodeSessionIn(frame);
    this.tell({ kind: "session.frame", sessionId: this.id, frame: bytes });
    return this;
  }

  gone(): void {
    this.queue.cancel();
    this.tell({ kind: "session.gone", sessionId: this.id });
  }

  hear(effect: ClientEffect, say: (said: ClientEffect) => void): void {
    if (!("sessionId" in effect) || effect.sessionId !== this.id) return;
    switch (effect.kind) {
      case "session.parts":
        for (const part of effect.parts) {
          this.handedRows += part.rows;
          // The rules know of tokens by what was delivered.
          const { delivered } = decodeSessionOut(part.encode(0, 0));
          for (const item of delivered.flatMap((batch) => itemsOf(batch, "jobs"))) {
            say({ kind: "stream.item", streamId: -this.id, item, leaseLeftMs: 0 });
          }
        }
        this.queue.hand(effect.parts);
        break;
      case "session.recall":
        this.queue.recall();
        break;
      case "session.end":
        this.end = { failure: effect.failure };
        this.queue.end();
    }
    this.queue.pump();
  }

  private tell(event: SessionEvent): void {
    const { world } = this.q;
    world.clientEvent(this.node, world.node(this.node).incarnations, event);
  }

  get failed(): SessionOut["failed"][number][] {
    return this.frames.flatMap(({ failed }) => failed);
  }

  get enqueuedRows(): number {
    return this.frames
      .flatMap(({ enqueued }) => enqueued)
      .reduce((sum, { count }) => sum + count, 0);
  }

  get settledRows(): number {
    return this.frames.flatMap(({ settled }) => settled).reduce((sum, { count }) => sum + count, 0);
  }

  get deliveries(): DeliveryRows[] {
    return this.frames.flatMap(({ delivered }) => delivered);
  }

  get deliveredRows(): number {
    return this.deliveries.reduce((sum, { length }) => sum + length.length / 4, 0);
  }
}

/** A world of three nodes with the topic "jobs", and sessions that hear what is said to them. */
export function sessionWorld(more: Partial<Plan> = {}): {
  readonly q: QuietWorld;
  open(node?: number): RawSession;
} {
  const sessions: RawSession[] = [];
  const q = quietWorld(3, more, true, (node, effect, say) => {
    for (const session of sessions) if (session.node === node) session.hear(effect, say);
  });
  q.advance(2_000);
  q.ask(1, {
    op: "topic.create",
    topic: "jobs",
    settings: { mode: "MIN", partitions: 1, replicationFactor: 3, visibilityMs: 10_000 },
  });
  q.advance(500);
  return {
    q,
    open: (node = 1) => {
      const session = new RawSession(q, node);
      sessions.push(session);
      return session;
    },
  };
}

/** So many messages of a byte, best first. */
export function rows(count: number, call = 1): NonNullable<Draft<SessionIn>["enqueue"]>[number] {
  const priority = new ColumnWriter();
  const length = new ColumnWriter();
  for (let row = 0; row < count; row += 1) {
    priority.u64(row);
    length.u32(1);
  }
  const payload = new Uint8Array(count).fill(7);
  return { call, topic: 1, priority: priority.view(), length: length.view(), payload };
}

export function numbers(...values: number[]): Uint8Array {
  const column = new ColumnWriter();
  for (const value of values) column.u64(value);
  return column.view();
}

export function words(...values: number[]): Uint8Array {
  const column = new ColumnWriter();
  for (const value of values) column.u32(value);
  return column.view();
}

export const JOBS = { hello: HELLO, topic: [{ handle: 1, topic: "jobs" }] };
