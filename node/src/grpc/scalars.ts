// Numbers and times of the wire as the engine wants them: 64-bit integers in halves, durations in
// milliseconds. Range checks are exact, in nanoseconds; rounding goes up, so that a positive time
// stays positive and nothing comes early.

import type { Duration } from "@disheap/proto";
import { refuse } from "./errors.js";

export interface Halves {
  readonly hi: number;
  readonly lo: number;
}

const LOW_32 = 0xffff_ffffn;

export function signedHalves(value: bigint): Halves {
  return { hi: Number(BigInt.asIntN(32, value >> 32n)), lo: Number(value & LOW_32) };
}

export function unsignedHalves(value: bigint): Halves {
  return { hi: Number((value >> 32n) & LOW_32), lo: Number(value & LOW_32) };
}

export function signedFrom(hi: number, lo: number): bigint {
  return BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo >>> 0));
}

export function unsignedFrom(hi: number, lo: number): bigint {
  return BigInt.asUintN(64, (BigInt(hi) << 32n) | BigInt(lo >>> 0));
}

const NANOS_PER_MS = 1_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;
/** The largest Duration that protobuf allows: about 10,000 years. */
const SECONDS_MAX = 315_576_000_000n;

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

export interface DurationRange {
  /** Whether zero is allowed; a negative duration never is. */
  readonly allowZero: boolean;
  /** Largest allowed, in milliseconds; absent means any. */
  readonly maxMs?: number;
  /** How the range reads in a complaint. */
  readonly says: string;
}

/** Milliseconds of `value`, rounded up, or a refusal of `field`. */
export function durationMs(field: string, value: Duration, range: DurationRange): number {
  const isMalformed =
    value.nanos <= -1_000_000_000 ||
    value.nanos >= 1_000_000_000 ||
    value.seconds > SECONDS_MAX ||
    value.seconds < -SECONDS_MAX ||
    (value.seconds > 0n && value.nanos < 0) ||
    (value.seconds < 0n && value.nanos > 0);
  if (isMalformed) refuse(field, "not a valid protobuf Duration; send a valid one.");
  const nanos = value.seconds * NANOS_PER_SECOND + BigInt(value.nanos);
  const isTooSmall = range.allowZero ? nanos < 0n : nanos <= 0n;
  const isTooLarge = range.maxMs !== undefined && nanos > BigInt(range.maxMs) * NANOS_PER_MS;
  if (isTooSmall || isTooLarge) refuse(field, `must be ${range.says}.`);
  return Number((nanos + NANOS_PER_MS - 1n) / NANOS_PER_MS);
}

export function toDuration(ms: number): Duration {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}
