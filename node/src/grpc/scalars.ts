// Numbers and times of the wire as the engine wants them: 64-bit integers in halves, durations in
// milliseconds. Rounding goes away from zero: a positive time stays positive and nothing comes early, and what
// is beyond a range of whole milliseconds by a nanosecond is beyond it still.

import type { Duration } from "@disheap/proto";
import { refuse } from "./errors.js";

interface Halves {
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

/** Milliseconds of `value`, rounded away from zero, or a refusal of `field`. */
export function durationMs(field: string, value: Duration): number {
  const isMalformed =
    value.nanos <= -1_000_000_000 ||
    value.nanos >= 1_000_000_000 ||
    value.seconds > SECONDS_MAX ||
    value.seconds < -SECONDS_MAX ||
    (value.seconds > 0n && value.nanos < 0) ||
    (value.seconds < 0n && value.nanos > 0);
  if (isMalformed) refuse(field, "not a valid protobuf Duration; send a valid one.");
  const nanos = value.seconds * NANOS_PER_SECOND + BigInt(value.nanos);
  const away = nanos < 0n ? 1n - NANOS_PER_MS : NANOS_PER_MS - 1n;
  return Number((nanos + away) / NANOS_PER_MS);
}

export function toDuration(ms: number): Duration {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}
