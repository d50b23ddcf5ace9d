// The calls of a session that are under way, and what their answers make of their rows.
import type { FailedRange, SessionOut } from "@disheap/proto/session";
import { type DisheapError, errorOf, fromStatus } from "../errors.js";
import { idEnd, idStart, type Place } from "./message-id.js";
import { nameOf, type Row } from "./row.js";

interface Call {
  /** An answered row leaves its place. */
  readonly rows: (Row | undefined)[];
  readonly sentMs: number;
  /** Since when its oldest row waits. */
  readonly sinceMs: number;
  unanswered: number;
}

export class Calls {
  readonly #calls = new Map<number, Call>();
  readonly #address: string;
  #last = 0;

  constructor(address: string) {
    this.#address = address;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** When the oldest was sent; undefined: none waits. */
  get oldestMs(): number | undefined {
    for (const { sentMs } of this.#calls.values()) return sentMs;
    return undefined;
  }

  open(rows: Row[], sentMs: number): number {
    this.#last += 1;
    const sinceMs = rows.reduce((oldest, row) => Math.min(oldest, row.sinceMs), sentMs);
    this.#calls.set(this.#last, { rows, sentMs, sinceMs, unanswered: rows.length });
    return this.#last;
  }

  answer(frame: SessionOut): void {
    for (const { call, firstRow, count, firstOffset, partition, ...place } of frame.enqueued) {
      const start = idStart(place);
      this.#take(call, firstRow, count, (row, index) => {
        this.#enqueued(row, start + idEnd(place, firstOffset + index), partition, false);
      });
    }
    for (const { call, row: firstRow, offset, partition, ...place } of frame.duplicate) {
      this.#take(call, firstRow, 1, (row) => {
        this.#enqueued(row, idOf(place, offset), partition, true);
      });
    }
    for (const { call, firstRow, count } of frame.settled) {
      this.#take(call, firstRow, count, (row) => row.resolve(undefined));
    }
    for (const range of frame.failed) {
      const count = range.count === 0 ? Number.POSITIVE_INFINITY : range.count;
      this.#take(range.call, range.firstRow, count, (row) => this.#failed(row, range));
    }
  }

  /** Rows that wait since before `sinceMs` wait no longer. */
  expire(sinceMs: number, errorFor: (row: Row) => DisheapError): void {
    for (const [number, call] of this.#calls) {
      if (call.sinceMs > sinceMs) continue;
      for (const [place, row] of call.rows.entries()) {
        if (row === undefined || row.sinceMs > sinceMs) continue;
        this.#take(number, place, 1, () => row.reject(errorFor(row)));
      }
    }
  }

  #take(number: number, from: number, count: number, on: (row: Row, index: number) => void): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    const to = Math.min(call.rows.length, from + count);
    for (let place = from; place < to; place += 1) {
      const row = call.rows[place];
      if (row === undefined) continue;
      call.rows[place] = undefined;
      call.unanswered -= 1;
      on(row, place - from);
    }
    if (call.unanswered === 0) this.#calls.delete(number);
  }

  #enqueued(row: Row, messageId: string, partitionId: number, duplicate: boolean): void {
    row.resolve({ messageId, duplicate, partitionId });
  }

  #failed(row: Row, { code, message, mayBeDone }: FailedRange): void {
    row.reject(
      fromStatus(code, message, { name: nameOf(row), endpoint: this.#address, mayBeDone }),
    );
  }
}

function idOf(place: Place, offset: number): string {
  return idStart(place) + idEnd(place, offset);
}

/** The error of a row whose session ended under it, or took too long. */
export function lostRow(row: Row, why: DisheapError, wasSent: boolean): DisheapError {
  const { code, endpoint, message } = why;
  return errorOf(code, `${nameOf(row)} had no answer: ${message}`, {
    cause: why,
    endpoint,
    outcomeUnknown: wasSent,
  });
}
