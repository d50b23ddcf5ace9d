// Idempotent enqueue (G6): per (producer, epoch) the last sequences and the message each one made. A
// duplicate inside the window gets the first message's place. Windows untouched for a day of group
// time are dropped whole.

import type { ProducerTriple } from "../host/api.js";
import { hashBytes } from "../lib/hash.js";
import { utf8Encode } from "../lib/bytes.js";
import type { ProducerIdentity } from "./producer-refs.js";
import { rowHash, type StateHash } from "./state-hash.js";

export interface MessagePlace {
  readonly index: number;
  readonly offset: number;
  /** Enqueued time: the id needs it after the message is gone. */
  readonly stampMs: number;
}

interface Window {
  readonly identity: ProducerIdentity;
  readonly hash: number;
  lastUsedMs: number;
  /** First message per sequence, in the order of arrival. */
  readonly places: Map<number | string, MessagePlace>;
}

const WINDOW_MS = 24 * 3_600_000;
const SWEEP_MS = 60_000;

/** Small sequences stay numbers, so that the hot path makes no string. */
function sequenceKey(p: ProducerTriple): number | string {
  return p.sequenceHi < 2 ** 20
    ? p.sequenceHi * 2 ** 32 + p.sequenceLo
    : `${p.sequenceHi}:${p.sequenceLo}`;
}

function keyHash(key: number | string): number {
  if (typeof key === "number") return rowHash(0x3c6ef372, key);
  return hashBytes(0x3c6ef372, utf8Encode(key));
}

export class DedupTable {
  private readonly windows = new Map<string, Window>();
  private readonly perProducerMax: number;
  private readonly hash: StateHash;
  private nextSweepMs = 0;

  constructor(perProducerMax: number, hash: StateHash) {
    this.perProducerMax = perProducerMax;
    this.hash = hash;
  }

  /** The first message of this triple, if it is inside the window. */
  find(p: ProducerTriple): MessagePlace | undefined {
    return this.windows.get(windowKey(p))?.places.get(sequenceKey(p));
  }

  /** Returns the producer's identity, for the message to refer to. */
  remember(p: ProducerTriple, place: MessagePlace, nowMs: number): ProducerIdentity {
    const name = windowKey(p);
    let window = this.windows.get(name);
    if (!window) {
      const hash = hashBytes(0x7f4a7c15, utf8Encode(name));
      const { producerId, epochHi, epochLo } = p;
      const identity = { producerId, epochHi, epochLo };
      window = { identity, hash, lastUsedMs: nowMs, places: new Map() };
      this.windows.set(name, window);
    }
    window.lastUsedMs = nowMs;
    const key = sequenceKey(p);
    window.places.set(key, place);
    this.count(window, key, place, true);
    if (window.places.size > this.perProducerMax) {
      const [oldestKey, oldest] = window.places.entries().next().value as [
        number | string,
        MessagePlace,
      ];
      window.places.delete(oldestKey);
      this.count(window, oldestKey, oldest, false);
    }
    return window.identity;
  }

  /** Drops windows that nobody used for a day of group time. */
  sweep(nowMs: number): void {
    if (nowMs < this.nextSweepMs) return;
    this.nextSweepMs = nowMs + SWEEP_MS;
    for (const [name, window] of this.windows) {
      if (window.lastUsedMs > nowMs - WINDOW_MS) continue;
      for (const [key, place] of window.places) this.count(window, key, place, false);
      this.windows.delete(name);
    }
  }

  private count(window: Window, key: number | string, place: MessagePlace, isAdded: boolean): void {
    const a = rowHash(0x2f0b4a27, window.hash, keyHash(key), place.index, place.offset);
    const b = rowHash(0x69e3b8d1, window.hash, keyHash(key), place.index, place.offset);
    if (isAdded) this.hash.add(a, b);
    else this.hash.remove(a, b);
  }
}

function windowKey(p: ProducerTriple): string {
  return `${p.epochHi}:${p.epochLo}:${p.producerId}`;
}
