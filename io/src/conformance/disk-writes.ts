// The batches that crash tests write: three puts each, so that half a batch would be seen, one of
// them always to the same key, so that the newest survivor is named twice.

import type { DiskOp } from "../ports.js";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export const LAST_KEY = text("last");
export const leftKey = (n: number): Uint8Array => text(`left/${String(n).padStart(6, "0")}`);
export const rightKey = (n: number): Uint8Array => text(`right/${String(n).padStart(6, "0")}`);
export const valueOf = (n: number): Uint8Array => text(`${n} `.repeat(50));

export function writerBatch(n: number): DiskOp[] {
  const value = valueOf(n);
  return [leftKey(n), rightKey(n), LAST_KEY].map((key) => ({ type: "put", key, value }));
}
