// Arguments from text. Each refusal is a sentence that says what to write instead.
import { priorityMax, priorityMin } from "@disheap/client";
import { InvalidArgumentError } from "commander";

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `500ms`, `30s`, `5m`, `1h30m`, `7d`, or a plain 0. */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const isWhole = parts.map((part) => part[0]).join("") === text;
  if (parts.length === 0 || !isWhole) {
    throw new InvalidArgumentError(
      "Write a duration as a number with a unit, like 500ms, 30s, 5m, 1h30m or 7d.",
    );
  }
  return parts.reduce((sum, [, value, unit]) => sum + Number(value) * (unitMs[unit ?? ""] ?? 0), 0);
}

/** Any whole number of 64 bits, exactly. */
export function parsePriority(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new InvalidArgumentError("A priority is a whole number, like 5 or -3.");
  }
  const value = BigInt(text.replace(/^\+/, ""));
  if (value >= priorityMin && value <= priorityMax) return value;
  throw new InvalidArgumentError(
    `A priority has 64 bits; use a number from ${priorityMin} to ${priorityMax}.`,
  );
}

export function parseCount(text: string): number {
  return wholeNumber(text, 0, "0 or more");
}

export function parsePositive(text: string): number {
  return wholeNumber(text, 1, "1 or more");
}

/** The API shows at most so many at a time, and would cut a larger wish without a word. */
export function parsePeekCount(text: string): number {
  return wholeNumber(text, 1, "from 1 to 1000", 1_000);
}

/** A topic's own retries: the API reads 0 as "the default", so it cannot be asked for here. */
export function parseTopicRetries(text: string): number {
  if (text !== "0") return parsePositive(text);
  throw new InvalidArgumentError(
    "A topic has 1 retry or more; for a message without retries: disheap enqueue --max-retries 0.",
  );
}

function wholeNumber(text: string, min: number, range: string, max = 0xffff_ffff): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(`Write a whole number, ${range}.`);
}

const unitBytes: Readonly<Record<string, number>> = { "": 1, KiB: 1_024, MiB: 1_048_576 };

/** `1000`, `64KiB`, `1MiB`. */
export function parseBytes(text: string): number {
  const [, value, unit] = /^(\d+)(KiB|MiB)?$/.exec(text) ?? [];
  const bytes = Number(value) * (unitBytes[unit ?? ""] ?? 0);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError("Write a size in bytes, like 65536, 64KiB or 1MiB.");
}

/** Commas between, spaces allowed: `127.0.0.1:9090, 127.0.0.1:9092`. */
export function parseList(text: string): string[] {
  const entries = text.split(",").map((entry) => entry.trim());
  const kept = entries.filter((entry) => entry !== "");
  if (kept.length > 0) return kept;
  throw new InvalidArgumentError("Give at least one address, like 127.0.0.1:9090.");
}

export function parsePartitions(text: string): number[] {
  return parseList(text).map(parseCount);
}
