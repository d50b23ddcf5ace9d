// What a partition's leader says of a batch (leader/outcomes.ts writes it).

import type { Failure } from "../../contract/api.js";
import { ERROR_CODES } from "../../contract/error-codes.js";
import { MalformedInput, Reader } from "../../lib/bytes.js";
import type { DuplicateRow } from "../../machine/results.js";

export interface EnqueuedMany {
  readonly index: number;
  /** Of row 0. */
  readonly firstOffset: number;
  readonly stampMs: number;
  /** In the order of their rows. */
  readonly duplicates: readonly DuplicateRow[];
}

/** Throws MalformedInput, also when it speaks of rows that the batch does not have. */
export function readEnqueuedMany(body: Uint8Array, rows: number): EnqueuedMany {
  const r = new Reader(body);
  const index = r.u48();
  const firstOffset = r.u16();
  const stampMs = r.u48();
  const duplicates: DuplicateRow[] = [];
  let next = 0;
  for (let left = r.u16(); left > 0; left -= 1) {
    const duplicate = { row: r.u16(), index: r.u48(), offset: r.u16(), stampMs: r.u48() };
    next = following(duplicate.row, 1, next, rows);
    duplicates.push(duplicate);
  }
  r.expectEnd();
  return { index, firstOffset, stampMs, duplicates };
}

interface RefusedRows {
  readonly firstRow: number;
  readonly count: number;
  readonly failure: Failure;
}

/** The same of the rows of a settlement that are refused, in their order. */
export function readRefusals(body: Uint8Array, rows: number): RefusedRows[] {
  const r = new Reader(body);
  const refusals: RefusedRows[] = [];
  let next = 0;
  for (let left = r.u16(); left > 0; left -= 1) {
    const firstRow = r.u16();
    const count = r.u16();
    const code = ERROR_CODES.at(r.u8());
    if (code === undefined) throw new MalformedInput("an error code that is unknown here");
    next = following(firstRow, count, next, rows);
    refusals.push({ firstRow, count, failure: { code, message: r.text() } });
  }
  r.expectEnd();
  return refusals;
}

function following(firstRow: number, count: number, next: number, rows: number): number {
  const end = firstRow + count;
  if (firstRow >= next && end <= rows) return end;
  throw new MalformedInput(`rows ${firstRow} to ${end} of a batch of ${rows}`);
}
