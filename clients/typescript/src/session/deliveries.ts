// The rows of a batch of deliveries, as PopStream would have delivered them.
import type { PopItem } from "@disheap/proto";
import {
  type DeliveryRows,
  hiAt,
  loAt,
  MAC_BYTES,
  type ProducerRun,
  type U64,
  u32At,
  u64At,
} from "@disheap/proto/session";
import { idEnd, idStart } from "./message-id.js";

/** What its columns say of a row. */
interface Columns {
  readonly stampMs: number;
  readonly group: number;
  readonly index: number;
  readonly offset: number;
  readonly fencing: number;
  readonly mac: Uint8Array;
  readonly priorityHi: number;
  readonly priorityLo: number;
  readonly deadlineMs: number;
  readonly producer: ProducerRun | undefined;
  readonly sequenceHi: number;
  readonly sequenceLo: number;
}

/** Texts, dates and large numbers are made when they are asked for: most handlers ask for the payload only. */
class DeliveredRow implements PopItem {
  readonly topic: string;
  readonly partitionId: number;
  readonly payload: Buffer;
  readonly attempts: number;
  readonly maxRetries: number;
  readonly #columns: Columns;

  constructor(
    known: Pick<PopItem, "topic" | "partitionId" | "attempts" | "maxRetries">,
    payload: Buffer,
    columns: Columns,
  ) {
    this.topic = known.topic;
    this.partitionId = known.partitionId;
    this.attempts = known.attempts;
    this.maxRetries = known.maxRetries;
    this.payload = payload;
    this.#columns = columns;
  }

  get messageId(): string {
    return idStart(this.#columns) + idEnd(this.#columns, this.#columns.offset);
  }

  get leaseToken(): string {
    const { fencing, mac } = this.#columns;
    return tokenOf(this.#columns, fencing, mac);
  }

  get fencing(): number {
    return this.#columns.fencing;
  }

  get priority(): bigint {
    const { priorityHi, priorityLo } = this.#columns;
    return (BigInt(priorityHi) << 32n) | BigInt(priorityLo);
  }

  get enqueuedTime(): Date {
    return new Date(this.#columns.stampMs);
  }

  get leaseDeadlineMs(): number {
    return this.#columns.deadlineMs;
  }

  get leaseDeadline(): Date {
    return new Date(this.#columns.deadlineMs);
  }

  get producerId(): string | undefined {
    return this.#columns.producer?.producerId;
  }

  get epoch(): bigint | undefined {
    const { producer } = this.#columns;
    return producer && bigOf(producer.epoch);
  }

  get sequence(): bigint | undefined {
    const { producer, sequenceHi, sequenceLo } = this.#columns;
    return producer && bigOf({ hi: sequenceHi, lo: sequenceLo });
  }
}

/** `topic`: of the consumer. Payloads and MACs are copies: a message that is kept keeps no frame. */
export function itemsOf(rows: DeliveryRows, topic: string): DeliveredRow[] {
  const items: DeliveredRow[] = [];
  const { run: runs } = rows;
  const { producer: producers, sequence } = rows;
  const macs = rows.mac.slice();
  let [run, by, from] = [0, 0, 0];
  for (let row = 0; row < rows.length.length / 4; row += 1) {
    while ((runs[run + 1]?.firstRow ?? Number.POSITIVE_INFINITY) <= row) run += 1;
    const { group = 0, partition: partitionId = 0 } = runs[run] ?? {};
    while (endOf(producers[by]) <= row) by += 1;
    const producer = (producers[by]?.firstRow ?? row + 1) <= row ? producers[by] : undefined;
    const to = from + u32At(rows.length, row);
    const attempts = u32At(rows.attempts, row);
    const maxRetries = u32At(rows.maxRetries, row);
    const known = { topic, partitionId, attempts, maxRetries };
    const item = new DeliveredRow(known, Buffer.from(rows.payload.subarray(from, to)), {
      stampMs: u64At(rows.enqueuedMs, row),
      group,
      index: u64At(rows.index, row),
      offset: u32At(rows.offset, row),
      fencing: u32At(rows.fence, row),
      mac: macs.subarray(row * MAC_BYTES, (row + 1) * MAC_BYTES),
      priorityHi: hiAt(rows.priority, row) | 0,
      priorityLo: loAt(rows.priority, row),
      deadlineMs: u64At(rows.deadlineMs, row),
      producer,
      sequenceHi: producer ? hiAt(sequence, row) : 0,
      sequenceLo: producer ? loAt(sequence, row) : 0,
    });
    items.push(item);
    from = to;
  }
  return items;
}

function endOf(run: ProducerRun | undefined): number {
  return run === undefined ? Number.POSITIVE_INFINITY : run.firstRow + run.count;
}

/** Eight hexadecimal digits of the fence, and base64url of the place (24, 42 and 14 bits) and the MAC. */
function tokenOf(
  { group, index, offset }: { group: number; index: number; offset: number },
  fence: number,
  mac: Uint8Array,
): string {
  const body = Buffer.alloc(10 + MAC_BYTES);
  body.writeUIntBE(group, 0, 3);
  body.writeUIntBE(Math.floor(index / 2 ** 18), 3, 3);
  body.writeUInt32BE((index % 2 ** 18) * 2 ** 14 + offset, 6);
  body.set(mac, 10);
  return fence.toString(16).padStart(8, "0") + body.toString("base64url");
}

function bigOf({ hi, lo }: U64): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}
