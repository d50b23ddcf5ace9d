// Answers to the rows of calls, gathered into ranges until the next frame leaves. Rows mostly end in their order, so
// each answer is held against the newest range of its kind only.

import type {
  DuplicateRow,
  EnqueuedRange,
  FailedRange,
  SettledRange,
} from "@disheap/proto/session";
import type { PartitionPlace } from "../../cluster/cluster-state.js";
import type { ErrorCode, Failure } from "../../contract/api.js";
import { GRPC_STATUS } from "../../contract/error-codes.js";
import type { Enqueued } from "../requests/operation-result.js";

type Growing<Range extends { readonly count: number }> = Omit<Range, "count"> & { count: number };

export class Answers {
  readonly enqueued: Growing<EnqueuedRange>[] = [];
  readonly duplicate: DuplicateRow[] = [];
  readonly settled: Growing<SettledRange>[] = [];
  readonly failed: Growing<FailedRange>[] = [];

  get isEmpty(): boolean {
    const { enqueued, duplicate, settled, failed } = this;
    return enqueued.length + duplicate.length + settled.length + failed.length === 0;
  }

  enqueuedRow(call: number, row: number, place: PartitionPlace, result: Enqueued): void {
    const { group, partition } = place;
    const { index, offset, stampMs } = result;
    if (result.isDuplicate) {
      this.duplicate.push({ call, row, partition, group, index, offset, stampMs });
      return;
    }
    const last = this.enqueued.at(-1);
    const isNext =
      last?.call === call &&
      last.firstRow + last.count === row &&
      last.group === group &&
      last.index === index &&
      last.firstOffset + last.count === offset;
    if (isNext) last.count += 1;
    else {
      this.enqueued.push({
        call,
        firstRow: row,
        count: 1,
        partition,
        group,
        index,
        firstOffset: offset,
        stampMs,
      });
    }
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
