// Payloads and 64-bit values of the workload.

import { hashBytes } from "@disheap/core";

/** Distinct bytes per message: its number, then a pattern. */
export function payloadOf(id: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(Math.max(4, bytes));
  new DataView(payload.buffer).setUint32(0, id, true);
  for (let i = 4; i < payload.length; i += 1) payload[i] = (id * 31 + i * 7) & 255;
  return payload;
}

/** The hash under which a payload stands in a history. */
export function payloadHash(payload: Uint8Array): string {
  const hex = (seed: number): string => hashBytes(seed, payload).toString(16).padStart(8, "0");
  return hex(1) + hex(2);
}

export function halves(decimal: string): { hi: number; lo: number } {
  const value = BigInt.asUintN(64, BigInt(decimal));
  return { hi: Number(value >> 32n) | 0, lo: Number(value & 0xffffffffn) };
}

export function decimal(hi: number, lo: number): string {
  return ((BigInt(hi) << 32n) | BigInt(lo)).toString();
}
