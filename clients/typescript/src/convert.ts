// Between the wire's types and what a caller handles: milliseconds for durations, numbers for counts,
// bigint for priorities. Values that cannot be sent are refused here with a sentence.
import type { Duration } from "@disheap/proto";
import { errorOf, invalidArgument } from "./errors.js";
import { messageBytesMax } from "./limits.js";

export const priorityMin = -(2n ** 63n);
export const priorityMax = 2n ** 63n - 1n;
export const uint32Max = 2 ** 32 - 1;
/** Room for the other fields of a message beside its payload. */
const envelopeBytes = 4_096;

/** The longest duration of the wire: ten thousand years. */
const durationMsMax = 315_576_000_000_000;

/** What plain JavaScript may hand in, for a sentence: the value itself only where it is short. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > 40 ? "a long string" : `"${value}"`;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    default:
      return typeof value;
  }
}

export function toText(name: string, value: string): string {
  if (typeof value === "string") return value;
  throw invalidArgument(`${name} is ${shown(value)}; it must be a string.`);
}

export function toDuration(name: string, ms: number): Duration {
  if (typeof ms !== "number" || !(ms >= 0 && ms <= durationMsMax)) {
    throw invalidArgument(
      `${name} is ${shown(ms)}; it must be a number of milliseconds from 0 to ${durationMsMax}.`,
    );
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
  if (typeof priority !== "number" && typeof priority !== "bigint") {
    throw invalidArgument(
      `The priority is ${shown(priority)}; it must be a whole number or a bigint.`,
    );
  }
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
  if (typeof payload !== "string" && !(payload instanceof Uint8Array)) {
    throw invalidArgument(
      `The payload is ${shown(payload)}; it must be a string or bytes (a Uint8Array, such as a Buffer). ` +
        "Anything else must be turned into one of them first, for example with JSON.stringify.",
    );
  }
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
  throw invalidArgument(
    `${name} is ${shown(value)}; it must be a whole number from 0 to ${uint32Max}.`,
  );
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
