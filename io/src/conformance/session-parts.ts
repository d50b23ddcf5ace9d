// What the carrier of a session carries in these tests: parts of which a frame can be read again, to see what was taken.

import type { SessionPart } from "@disheap/core";

/** One delivery, or words, as three numbers. */
const RECORD_BYTES = 12;
const WORDS = 0xffff_ffff;

/** Delivery number `item` of a rig, or words. */
export function testPart(item: number, leaseLeftMs: number): SessionPart {
  return part(1, leaseLeftMs, item);
}

export function testWords(): SessionPart {
  return part(0, Infinity, WORDS);
}

function part(rows: number, leaseLeftMs: number, item: number): SessionPart {
  return {
    rows,
    leaseLeftMs,
    encode: (first, leftMs) => new Uint8Array(Uint32Array.of(item, first, leftMs).buffer),
  };
}

export interface TakenPart {
  /** Undefined: words. */
  readonly item: number | undefined;
  readonly number: number;
  readonly leftMs: number;
}

export function readParts(frame: Uint8Array): TakenPart[] {
  const bytes = Uint8Array.from(frame).buffer;
  return Array.from({ length: bytes.byteLength / RECORD_BYTES }, (_, i) => {
    const [item, number, leftMs] = new Uint32Array(bytes, i * RECORD_BYTES, 3);
    return { item: item === WORDS ? undefined : item, number, leftMs };
  });
}
