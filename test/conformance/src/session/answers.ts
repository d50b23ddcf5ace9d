// What became of the rows of calls: each is answered once, by ranges of its call, in any order.

import type { SessionOut } from "@disheap/proto/session";
import { messageIdOf } from "./identifiers.js";

export interface Enqueued {
  readonly messageId: string;
  readonly partitionId: number;
  readonly duplicate: boolean;
}

export interface Failed {
  readonly code: number;
  readonly message: string;
  readonly mayBeDone: boolean;
}

export type RowAnswer = "settled" | Enqueued | Failed;

interface Call {
  readonly rows: (RowAnswer | undefined)[];
  waiting: number;
  readonly done: (rows: RowAnswer[]) => void;
}

export class Answers {
  private readonly calls = new Map<number, Call>();
  private readonly sent = new Set<number>();
  private over: Failed | undefined;
  private readonly wrong: (problem: string) => void;

  /** `wrong` hears what no node may say. */
  constructor(wrong: (problem: string) => void) {
    this.wrong = wrong;
  }

  expect(call: number, count: number): Promise<RowAnswer[]> {
    return new Promise((done) => {
      this.calls.set(call, { rows: Array<undefined>(count).fill(undefined), waiting: count, done });
      if (this.over !== undefined) this.rest(call, this.over);
    });
  }

  /** A call leaves, whether its answers are asked for or not. */
  leaves(call: number): void {
    this.sent.add(call);
  }

  take(frame: SessionOut): void {
    for (const { call, firstRow, count, partition, firstOffset, ...at } of frame.enqueued) {
      this.rows(call, firstRow, count, (n) => {
        const { group, index, stampMs } = at;
        const messageId = messageIdOf(stampMs, { group, index, offset: firstOffset + n });
        return { messageId, partitionId: partition, duplicate: false };
      });
    }
    for (const { call, row, partition, stampMs, ...place } of frame.duplicate) {
      const messageId = messageIdOf(stampMs, place);
      this.rows(call, row, 1, () => ({ messageId, partitionId: partition, duplicate: true }));
    }
    for (const { call, firstRow, count } of frame.settled) {
      this.rows(call, firstRow, count, () => "settled");
    }
    for (const { call, firstRow, count, code, message, mayBeDone } of frame.failed) {
      const failed = { code, message, mayBeDone };
      if (count > 0) this.rows(call, firstRow, count, () => failed);
      else this.whole(call, failed);
    }
  }

  /** The session is over: what has no answer gets none. */
  end(failed: Failed): void {
    this.over = failed;
    for (const call of [...this.calls.keys()]) this.rest(call, failed);
  }

  /** A number that was used before is refused, whatever became of its call. */
  private whole(number: number, failed: Failed): void {
    if (this.calls.has(number)) this.rest(number, failed);
    else if (!this.sent.has(number)) this.wrong(`call ${String(number)}: none such was sent`);
  }

  private rest(number: number, failed: Failed): void {
    const rows = this.calls.get(number)?.rows ?? [];
    for (const [row, answer] of rows.entries()) {
      if (answer === undefined) this.rows(number, row, 1, () => failed);
    }
  }

  private rows(number: number, first: number, count: number, of: (n: number) => RowAnswer): void {
    const call = this.calls.get(number);
    const name = `call ${String(number)}, rows ${String(first)} +${String(count)}`;
    if (call === undefined) {
      this.wrong(`${name}: no such call is under way`);
      return;
    }
    for (let n = 0; n < count; n += 1) {
      const row = first + n;
      if (row >= call.rows.length) this.wrong(`${name}: it has ${String(call.rows.length)}`);
      else if (call.rows[row] !== undefined) this.wrong(`${name}: answered twice`);
      else {
        call.rows[row] = of(n);
        call.waiting -= 1;
      }
    }
    if (call.waiting > 0) return;
    this.calls.delete(number);
    call.done(call.rows.filter((row) => row !== undefined));
  }
}
