// Answers to the rows of calls, gathered into ranges until the next frame leaves. Rows mostly end in their order, so
// each answer is held against the newest range of its kind only.

import type {
  DuplicateRow,
  EnqueuedRange,
  FailedRange,
  SettledRange,
} from "@disheap/proto/session";
import type { ErrorCode, Failure } from "../contract/api.js";
import { GRPC_STATUS } from "../contract/error-codes.js";
import type { EnqueuedMany } from "../edge/requests/batch-results.js";
import { type CallBatch, rowAt } from "./call-batch.js";

type Growing<Range extends { readonly count: number }> = Omit<Range, "count"> & { count: number };

export class Answers {
  readonly enqueued: EnqueuedRange[] = [];
  readonly duplicate: DuplicateRow[] = [];
  readonly settled: Growing<SettledRange>[] = [];
  readonly failed: Growing<FailedRange>[] = [];

  get isEmpty(): boolean {
    const { enqueued, duplicate, settled, failed } = this;
    return enqueued.length + duplicate.length + settled.length + failed.length === 0;
  }

  /** Its rows are all in; those that were there before keep their places. */
  enqueuedBatch(call: number, batch: CallBatch, result: EnqueuedMany): void {
    const { group, partition } = batch.place;
    const { index, firstOffset, stampMs, duplicates } = result;
    let from = 0;
    const upTo = (to: number): void => {
      if (to > from) {
        this.enqueued.push({
          call,
          firstRow: rowAt(batch, from),
          count: to - from,
          partition,
          group,
          index,
          firstOffset: firstOffset + from,
          stampMs,
        });
      }
      from = to;
    };
    for (const { row, ...first } of duplicates) {
      upTo(row);
      this.duplicate.push({ call, row: rowAt(batch, row), partition, group, ...first });
      from = row + 1;
    }
    upTo(batch.rows);
  }

  settledRow(call: number, row: number): void {
    const last = this.settled.at(-1);
    if (last?.call === call && last.firstRow + last.count === row) last.count += 1;
    else this.settled.push({ call, firstRow: row, count: 1 });
  }

  failedRow(call: number, row: number, failure: Failure, mayBeDone: boolean): void {
    const { message } = failure;
    const code = statusOf(failure.code);
    const last = this.failed.at(-1);
    const isNext =
      last?.call === call &&
      last.firstRow + last.count === row &&
      last.count > 0 &&
      last.code === code &&
      last.mayBeDone === mayBeDone &&
      last.message === message;
    if (isNext) last.count += 1;
    else this.failed.push({ call, firstRow: row, count: 1, code, message, mayBeDone });
  }

  /** No row of it was taken. */
  refused(call: number, { code, message }: Failure): void {
    this.failed.push({
      call,
      firstRow: 0,
      count: 0,
      code: statusOf(code),
      message,
      mayBeDone: false,
    });
  }
}

function statusOf(code: ErrorCode): number {
  return GRPC_STATUS[code];
}
