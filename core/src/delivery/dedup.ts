// Idempotent enqueue (G6): per (producer, epoch) the last sequences and the message each one made. A
// duplicate inside the window gets the first message's place. Windows untouched for a day of group
// time are dropped whole.

import type { ProducerTriple } from "../contract/api.js";
import { fold32, fold53, hashBytes, mix32 } from "../lib/hash.js";
import { utf8Encode } from "../lib/bytes.js";
import { DedupWindow, type MessagePlace } from "./dedup-window.js";
import type { ProducerIdentity } from "./producer-refs.js";
import type { StateHash } from "../machine/state-hash.js";

interface Producer {
  readonly identity: ProducerIdentity;
  readonly hash: number;
  readonly window: DedupWindow;
  lastUsedMs: number;
}

const WINDOW_MS = 24 * 3_600_000;
const SWEEP_MS = 60_000;

export class DedupTable {
  private readonly producers = new Map<string, Producer>();
  /** The one found last: producers come in runs, and its name need not be built again. */
  private last: Producer | undefined;
  private readonly perProducerMax: number;
  private readonly hash: StateHash;
  private nextSweepMs = 0;

  constructor(perProducerMax: number, hash: StateHash) {
    this.perProducerMax = perProducerMax;
    this.hash = hash;
  }

  /** The first message of this triple, if it is inside the window. */
  find(p: ProducerTriple): MessagePlace | undefined {
    return this.producerOf(p)?.window.find(p.sequenceHi, p.sequenceLo);
  }

  /** Takes in a triple that `find` did not know; returns the identity for the message to refer to. */
  remember(p: ProducerTriple, place: MessagePlace, nowMs: number): ProducerIdentity {
    const producer = this.producerOf(p) ?? this.newProducer(p, nowMs);
    producer.lastUsedMs = nowMs;
    if (producer.window.isFull) this.dropOldest(producer);
    producer.window.add(p.sequenceHi, p.sequenceLo, place);
    this.count(producer, p.sequenceHi, p.sequenceLo, place, true);
    return producer.identity;
  }

  /** Drops windows that nobody used for a day of group time. */
  sweep(nowMs: number): void {
    if (nowMs < this.nextSweepMs) return;
    this.nextSweepMs = nowMs + SWEEP_MS;
    for (const [name, producer] of this.producers) {
      if (producer.lastUsedMs > nowMs - WINDOW_MS) continue;
      while (producer.window.size > 0) this.dropOldest(producer);
      this.producers.delete(name);
      if (this.last === producer) this.last = undefined;
    }
  }

  private producerOf(p: ProducerTriple): Producer | undefined {
    const { last } = this;
    if (last !== undefined && isOf(last.identity, p)) return last;
    const found = this.producers.get(nameOf(p));
    if (found !== undefined) this.last = found;
    return found;
  }

  private newProducer(p: ProducerTriple, nowMs: number): Producer {
    const { producerId, epochHi, epochLo } = p;
    const name = nameOf(p);
    const producer = {
      identity: { producerId, epochHi, epochLo },
      hash: hashBytes(0x7f4a7c15, utf8Encode(name)),
      window: new DedupWindow(this.perProducerMax),
      lastUsedMs: nowMs,
    };
    this.producers.set(name, producer);
    this.last = producer;
    return producer;
  }

  private dropOldest(producer: Producer): void {
    producer.window.dropOldest((hi, lo, place) => this.count(producer, hi, lo, place, false));
  }

  private count(
    producer: Producer,
    hi: number,
    lo: number,
    place: MessagePlace,
    isAdded: boolean,
  ): void {
    const a = dedupHash(0x2f0b4a27, producer.hash, hi, lo, place);
    const b = dedupHash(0x69e3b8d1, producer.hash, hi, lo, place);
    if (isAdded) this.hash.add(a, b);
    else this.hash.remove(a, b);
  }
}

function dedupHash(
  seed: number,
  producer: number,
  hi: number,
  lo: number,
  { index, offset }: MessagePlace,
): number {
  const sequence = fold32(fold32(fold32(mix32(seed), producer), hi), lo);
  return fold32(fold53(sequence, index), offset);
}

function isOf(identity: ProducerIdentity, p: ProducerTriple): boolean {
  return (
    identity.epochLo === p.epochLo &&
    identity.epochHi === p.epochHi &&
    identity.producerId === p.producerId
  );
}

function nameOf(p: ProducerTriple): string {
  return `${p.epochHi}:${p.epochLo}:${p.producerId}`;
}
