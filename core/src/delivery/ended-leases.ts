// How leases ended, by lease: the table of the tombstones. Nearly all leases that end are the first of their message, and
// those of an entry end soon after each other, so first leases lie side by side, sixteen offsets of an entry in a row of
// bytes: one that is put, found or forgotten meets what the one before has left in the processor's cache. Other leases
// stand one by one.
//   TMB2 `live` of a row is how many of its cells are taken; a row that has none goes back and is used again.

import { broken } from "../lib/assert.js";
import type { Fence, LogIndex, Offset } from "../lib/brands.js";
import { PairTable } from "../lib/pair-table.js";
import { OFFSETS_PER_ENTRY } from "../lib/ulid.js";

const FIRST_FENCE = 1;
/** Offsets in a row; a power of two. */
const ROW = 16;

/** Fence and offset in one number below 2^46: with the index it names one lease. */
export function leaseKey(offset: Offset, fence: Fence): number {
  return fence * OFFSETS_PER_ENTRY + offset;
}

export class EndedLeases {
  size = 0;
  /** Row by index and offset / 16. */
  private readonly rows = new PairTable();
  private readonly others = new PairTable();
  /** By row and offset: how its first lease ended, 0 when that is not held. */
  private cells = new Uint8Array(16 * ROW);
  private live = new Uint8Array(16);
  private rowsUsed = 0;
  private readonly freeRows: number[] = [];

  /** -1 when it is not held. */
  get(index: LogIndex, offset: Offset, fence: Fence): number {
    if (fence !== FIRST_FENCE) return this.others.get(index, leaseKey(offset, fence));
    const row = this.rows.get(index, rowOf(offset));
    const ended = row < 0 ? 0 : this.cells[cellOf(row, offset)];
    return ended === 0 ? -1 : ended;
  }

  /** `ended`: 1 to 255. */
  set(index: LogIndex, offset: Offset, fence: Fence, ended: number): void {
    if (fence !== FIRST_FENCE) {
      this.size -= this.others.size;
      this.others.set(index, leaseKey(offset, fence), ended);
      this.size += this.others.size;
      return;
    }
    let row = this.rows.get(index, rowOf(offset));
    if (row < 0) {
      row = this.takeRow();
      this.rows.set(index, rowOf(offset), row);
    }
    const cell = cellOf(row, offset);
    if (this.cells[cell] === 0) {
      this.live[row] += 1;
      this.size += 1;
    }
    this.cells[cell] = ended;
  }

  /** It has to be held. */
  delete(index: LogIndex, offset: Offset, fence: Fence): void {
    this.size -= 1;
    if (fence !== FIRST_FENCE) {
      this.others.delete(index, leaseKey(offset, fence));
      return;
    }
    const row = this.rows.get(index, rowOf(offset));
    if (row < 0 || this.cells[cellOf(row, offset)] === 0)
      broken(`TMB2: the end of the first lease of ${index}.${offset} is not held`);
    this.cells[cellOf(row, offset)] = 0;
    this.live[row] -= 1;
    if (this.live[row] > 0) return;
    this.rows.delete(index, rowOf(offset));
    this.freeRows.push(row);
  }

  private takeRow(): number {
    const free = this.freeRows.pop();
    if (free !== undefined) return free;
    if (this.rowsUsed === this.live.length) {
      const cells = new Uint8Array(this.cells.length * 2);
      cells.set(this.cells);
      this.cells = cells;
      const live = new Uint8Array(this.live.length * 2);
      live.set(this.live);
      this.live = live;
    }
    this.rowsUsed += 1;
    return this.rowsUsed - 1;
  }
}

function rowOf(offset: Offset): number {
  return offset >>> 4;
}

function cellOf(row: number, offset: Offset): number {
  return row * ROW + (offset & (ROW - 1));
}
