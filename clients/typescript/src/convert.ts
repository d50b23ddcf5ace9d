// Between the wire's types and what a caller handles: milliseconds for durations, numbers for counts,
// bigint for priorities. Values that cannot be sent are refused here with a sentence.
import type { Duration } from "@disheap/proto";
import { errorOf, invalidArgument } from "./errors.js";
import { messageBytesMax } from "./options.js";

export const priorityMin = -(2n ** 63n);
export const priorityMax = 2n ** 63n - 1n;
const uint32Max = 2 ** 32 - 1;
/** Room for the other fields of a message beside its payload. */
const envelopeBytes = 4_096;

export function toDuration(name: string, ms: number): Duration {
  if (!Number.isFinite(ms) || ms < 0) {
    throw invalidArgument(`${name} is ${ms}; it must be a number of milliseconds, 0 or more.`);
  }
  const whole = Math.round(ms);
  return { seconds: BigInt(Math.floor(whole / 1_000)), nanos: (whole % 1_000) * 1_000_000 };
}

export function optionalDuration(name: string, ms: number | undefined): Duration | undefined {
  return ms === undefined ? undefined : toDuration(name, ms);
}

export function toMs(duration: Duration | undefined): number {
  if (duration === undefined) return 0;
  return Number(duration.seconds) * 1_000 + duration.nanos / 1_000_000;
}

/** Numbers are taken when they are exact; beyond 2^53 a priority must be a bigint. */
export function toPriority(priority: bigint | number): bigint {
  if (typeof priority === "number" && !Number.isSafeInteger(priority)) {
    throw invalidArgument(
      `The priority ${priority} is not an exact integer; pass a whole number, or a bigint beyond 2^53.`,
    );
  }
  const value = BigInt(priority);
  if (value >= priorityMin && value <= priorityMax) return value;
  throw invalidArgument(
    `The priority ${value} does not fit into 64 bits; use ${priorityMin} to ${priorityMax}.`,
  );
}

export function toPayload(payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "utf8") : payload;
  const bytesMax = messageBytesMax - envelopeBytes;
  if (bytes.length <= bytesMax) return bytes;
  throw invalidArgument(
    `The payload has ${bytes.length} bytes; one message carries at most ${bytesMax}. ` +
      "Store the data elsewhere and enqueue a reference to it.",
  );
}

/** A count as the wire carries it: a whole number of 32 bits. */
export function toCount(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= uint32Max) return value;
  throw invalidArgument(`${name} is ${value}; it must be a whole number from 0 to ${uint32Max}.`);
}

export function optionalCount(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : toCount(name, value);
}

/** The fencing number of a lease: grows with every grant of a message, so that storage can refuse an older holder. */
export function fencingOf(leaseToken: string): number {
  const digits = /^[0-9a-f]{8}/.exec(leaseToken)?.[0];
  if (digits !== undefined) return Number.parseInt(digits, 16);
  throw errorOf(
    "INTERNAL",
    "A lease token from the node does not start with its fencing number. Update this client.",
  );
}
