// The rows of an enqueue as intents: one for each run of rows that goes to one partition, within what one entry takes
// (D-78). A run is a piece of the columns as they came.

import { type EnqueueRows, u32At, u64At } from "@disheap/proto/session";
import type { PartitionPlace, TopicRecord } from "../cluster/cluster-state.js";
import type { Failure, ProducerTriple } from "../contract/api.js";
import type { NodeLimits } from "../contract/limits/rule.js";
import { BATCH_ROWS_MAX, type EnqueueManyIntent, tripleAt } from "../wire/batch-intents.js";
import type { PartitionChooser } from "../edge/requests/choose-partition.js";
import { noSuchPartition } from "../edge/requests/operation.js";
import { invalid, payloadProblem, statelessProblem } from "../edge/requests/validate.js";
import { type Enqueue, EnqueueRequests, rowCount } from "./rows.js";
import type { Producer } from "./session.js";

/** Payload of one batch, unless its first row alone has more: many small batches follow each other more quickly. */
const BATCH_BYTES_MAX = 256 << 10;
/** Rows without a key and a triple change the partition after so many, as blocks of sequences do (D-33). */
const SPREAD_ROWS = 64;

export interface IntentBatch {
  readonly place: PartitionPlace;
  readonly firstRow: number;
  readonly intent: EnqueueManyIntent;
}

export interface BatchLimits {
  readonly node: NodeLimits;
  readonly entryIntentsMax: number;
  readonly entryBytesMax: number;
}

/** Tells `batch` of each run, and `failed` of each row that nobody needs to be asked about. */
export class EnqueueBatches {
  private readonly rows: EnqueueRows;
  private readonly record: TopicRecord;
  private readonly first: ProducerTriple | undefined;
  private readonly requests: EnqueueRequests;
  private readonly chooser: PartitionChooser;
  private readonly limits: BatchLimits;
  private readonly isJudgedWhole: boolean;

  constructor(options: {
    readonly rows: EnqueueRows;
    readonly record: TopicRecord;
    readonly producer: Producer | undefined;
    readonly chooser: PartitionChooser;
    readonly limits: BatchLimits;
  }) {
    const { rows, record, producer } = options;
    this.rows = rows;
    this.record = record;
    this.chooser = options.chooser;
    this.limits = options.limits;
    this.requests = new EnqueueRequests(rows, record.topic, producer);
    this.first = this.requests.tripleOf(0);
    this.isJudgedWhole = this.worstProblem() === undefined;
  }

  each(batch: (batch: IntentBatch) => void, failed: (row: number, failure: Failure) => void): void {
    const { rows, limits } = this;
    const count = rowCount(rows);
    const rowsMax = Math.min(BATCH_ROWS_MAX, limits.entryIntentsMax);
    const bytesMax = Math.min(BATCH_BYTES_MAX, limits.entryBytesMax);
    let place: PartitionPlace | undefined;
    let from = 0;
    let fromByte = 0;
    let at = 0;
    const flush = (row: number): void => {
      if (place) batch({ place, firstRow: from, intent: this.intentOf(from, row, fromByte, at) });
      place = undefined;
    };
    for (let row = 0; row < count; row += 1) {
      const length = u32At(rows.length, row);
      const placed = this.placeOf(row, at, place, row - from);
      const isFull = row - from >= rowsMax || at + length - fromByte > bytesMax;
      if ("failure" in placed || placed !== place || isFull) flush(row);
      if ("failure" in placed) failed(row, placed.failure);
      else if (!place) {
        place = placed;
        from = row;
        fromByte = at;
      }
      at += length;
    }
    flush(count);
  }

  private intentOf(from: number, to: number, fromByte: number, toByte: number): EnqueueManyIntent {
    const { priority, length, maxRetries, delayMs, payload } = this.rows;
    return {
      kind: "enqueue.many",
      rows: to - from,
      producer: this.first && tripleAt(this.first, from),
      priority: priority.subarray(8 * from, 8 * to),
      length: length.subarray(4 * from, 4 * to),
      maxRetries: maxRetries.subarray(4 * from, 4 * to),
      delayMs: delayMs.subarray(8 * from, 8 * to),
      payload: payload.subarray(fromByte, toByte),
    };
  }

  /** Two rows that are as bad as any in each way: what holds for them holds for all. */
  private worstProblem(): Failure | undefined {
    const { rows } = this;
    if (rows.partitionKey.length > 0) return invalid("keys are judged one by one");
    const count = rowCount(rows);
    let longest = 0;
    let shortest = 0;
    let delayMs = 0;
    for (let row = 0; row < count; row += 1) {
      const length = u32At(rows.length, row);
      if (length > u32At(rows.length, longest)) longest = row;
      if (length < u32At(rows.length, shortest)) shortest = row;
      if (rows.delayMs.length > 0) delayMs = Math.max(delayMs, u64At(rows.delayMs, row));
    }
    const problemOf = (row: number): Failure | undefined => {
      const payload = rows.payload.subarray(0, u32At(rows.length, row));
      return this.problemOf({ ...this.requests.at(0, 0), payload, delayMs });
    };
    return problemOf(longest) ?? problemOf(shortest);
  }

  private problemOf(request: Enqueue): Failure | undefined {
    const { settings, topic } = this.record;
    return (
      statelessProblem(request, this.limits.node) ??
      payloadProblem(request.payload.length, settings, topic)
    );
  }

  /**
   * Where a row goes, whose payload begins at `fromByte`; `before` is where the one before it went, and its run has
   * `inRun` rows.
   */
  private placeOf(
    row: number,
    fromByte: number,
    before: PartitionPlace | undefined,
    inRun: number,
  ): PartitionPlace | { readonly failure: Failure } {
    const { rows, record, first } = this;
    const { settings, partitions } = record;
    if (this.isJudgedWhole && before) {
      const isInBlock = first
        ? ((first.sequenceLo + row) & (SPREAD_ROWS - 1)) !== 0
        : inRun < SPREAD_ROWS;
      if (isInBlock || settings.partitions === 1) return before;
    }
    const request = this.requests.at(row, fromByte);
    const failure = this.isJudgedWhole ? undefined : this.problemOf(request);
    if (failure) return { failure };
    const { partition } = rows;
    if (partition === undefined) {
      return partitions[this.chooser.choose(request, settings.partitions)];
    }
    if (partition >= settings.partitions) return { failure: noSuchPartition(partition, record) };
    const isBound = request.producer !== undefined || request.partitionKey !== undefined;
    const own = isBound ? this.chooser.choose(request, settings.partitions) : partition;
    if (own === partition) return partitions[partition];
    const why = "a repeat has to find the first one there; leave partition out, or compute it so";
    return { failure: invalid(`partition is ${partition}, but the row belongs to ${own}: ${why}`) };
  }
}
