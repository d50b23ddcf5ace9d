// Columns and calls, written by hand.

import { ColumnWriter, type Draft, type EnqueueRows } from "@disheap/proto/session";

/** The halves, the upper one with the sign. */
export function pairOf(value: bigint): { hi: number; lo: number } {
  return { hi: Number(value >> 32n), lo: Number(value & 0xffff_ffffn) };
}

export function column32(...values: number[]): Uint8Array {
  const column = new ColumnWriter();
  for (const value of values) column.u32(value);
  return column.view();
}

export function column64(...values: bigint[]): Uint8Array {
  const column = new ColumnWriter();
  for (const value of values) {
    const { hi, lo } = pairOf(value);
    column.pair(hi, lo);
  }
  return column.view();
}

/** Deliveries by their numbers. */
export function numbers(...values: number[]): Uint8Array {
  return column64(...values.map(BigInt));
}

/** Rows of the priorities 0, 1, 2 and so on, for the topic of handle 1. */
export function rows(count: number, payloadBytes = 1): Draft<EnqueueRows> {
  const each = Array.from({ length: count }, (_, row) => row);
  return {
    topic: 1,
    priority: column64(...each.map(BigInt)),
    length: column32(...each.map(() => payloadBytes)),
    payload: new Uint8Array(count * payloadBytes).fill(120),
  };
}
