// Idempotent enqueue (G6): per (producer, epoch) the last sequences and the message each one made. A
// duplicate inside the window gets the first message's place. Windows untouched for a day of group
// time go, the one that was used longest ago first, a slice with each entry.

import { fold, foldWide, hashBytes, mix } from "../lib/hash.js";
import { utf8Encode } from "../lib/bytes.js";
import { DedupWindow } from "./dedup-window.js";
import type { MessagePlace } from "./message-place.js";
import type { ProducerIdentity } from "./producer-refs.js";
import type { HasLevel } from "../machine/levels/level.js";
import type { StateHash } from "../machine/state-hash.js";

interface Producer {
  readonly identity: ProducerIdentity;
  readonly hash: number;
  readonly window: DedupWindow;
  readonly name: string;
  lastUsedMs: number;
  /** Neighbours in the order of the last use. */
  older: Producer | undefined;
  newer: Producer | undefined;
}

/** What a producer costs beside its window and the letters of its names. */
const PRODUCER_BYTES = 200;

export class DedupTable {
  private readonly producers = new Map<string, Producer>();
  /** The one found last: producers come in runs, and its name need not be built again. */
  private last: Producer | undefined;
  private readonly inForce: HasLevel;
  private readonly hash: StateHash;
  private oldest: Producer | undefined;
  private newest: Producer | undefined;
  /** About how many bytes all windows hold. */
  heldBytes = 0;

  constructor(inForce: HasLevel, hash: StateHash) {
    this.inForce = inForce;
    this.hash = hash;
  }

  /** The first message of this producer's sequence, if it is inside the window. */
  find(p: ProducerIdentity, sequenceHi: number, sequenceLo: number): MessagePlace | undefined {
    return this.producerOf(p)?.window.find(sequenceHi, sequenceLo);
  }

  /** A repeat is a use: its window stays for another day. */
  touch(p: ProducerIdentity, nowMs: number): void {
    const producer = this.producerOf(p);
    if (producer) this.use(producer, nowMs);
  }

  private use(producer: Producer, nowMs: number): void {
    producer.lastUsedMs = nowMs;
    if (producer === this.newest) return;
    this.unlink(producer);
    this.link(producer);
  }

  /** Whether a new sequence of it takes more memory: its window is not full, or not there yet. */
  grows(p: ProducerIdentity): boolean {
    return this.producerOf(p)?.window.isFull !== true;
  }

  /** Whether anything is remembered of the producer and epoch. */
  knows(p: ProducerIdentity): boolean {
    return this.producerOf(p) !== undefined;
  }

  get size(): number {
    return this.producers.size;
  }

  /** Takes in a sequence that `find` did not know; returns the identity for the message to refer to. */
  remember(
    p: ProducerIdentity,
    sequenceHi: number,
    sequenceLo: number,
    place: MessagePlace,
    nowMs: number,
  ): ProducerIdentity {
    const producer = this.producerOf(p) ?? this.newProducer(p, nowMs);
    this.use(producer, nowMs);
    const { window } = producer;
    if (window.isFull) this.dropOldest(producer);
    this.heldBytes -= window.heldBytes;
    window.add(sequenceHi, sequenceLo, place);
    this.heldBytes += window.heldBytes;
    this.count(producer, sequenceHi, sequenceLo, place, true);
    return producer.identity;
  }

  /** Drops windows that nobody used for a day of group time. */
  sweep(nowMs: number): void {
    const { dedupSweepMax, dedupWindowMs } = this.inForce.level;
    for (let left = dedupSweepMax; left > 0; left -= 1) {
      const { oldest } = this;
      if (oldest === undefined || oldest.lastUsedMs > nowMs - dedupWindowMs) return;
      if (oldest.window.size > 0) this.dropOldest(oldest);
      if (oldest.window.size === 0) this.drop(oldest);
    }
  }

  private drop(producer: Producer): void {
    this.unlink(producer);
    this.producers.delete(producer.name);
    this.heldBytes -= bytesOf(producer);
    if (this.last === producer) this.last = undefined;
  }

  /** Behind all others: it was used last. */
  private link(producer: Producer): void {
    producer.older = this.newest;
    if (this.newest) this.newest.newer = producer;
    else this.oldest = producer;
    this.newest = producer;
  }

  private unlink(producer: Producer): void {
    const { older, newer } = producer;
    if (older) older.newer = newer;
    else if (this.oldest === producer) this.oldest = newer;
    if (newer) newer.older = older;
    else if (this.newest === producer) this.newest = older;
    producer.older = undefined;
    producer.newer = undefined;
  }

  private producerOf(p: ProducerIdentity): Producer | undefined {
    const { last } = this;
    if (last !== undefined && isOf(last.identity, p)) return last;
    const found = this.producers.get(nameOf(p));
    if (found !== undefined) this.last = found;
    return found;
  }

  private newProducer(p: ProducerIdentity, nowMs: number): Producer {
    const { producerId, epochHi, epochLo } = p;
    const { level } = this.inForce;
    const name = nameOf(p);
    const producer: Producer = {
      identity: { producerId, epochHi, epochLo },
      hash: hashBytes(level.hash.producer, utf8Encode(name)),
      window: new DedupWindow(level.dedupPerProducerMax),
      name,
      lastUsedMs: nowMs,
      older: undefined,
      newer: undefined,
    };
    this.producers.set(name, producer);
    this.heldBytes += bytesOf(producer);
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
    const [seedA, seedB] = this.inForce.level.hash.dedup;
    const a = dedupHash(seedA, producer.hash, hi, lo, place);
    const b = dedupHash(seedB, producer.hash, hi, lo, place);
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
  const sequence = fold(fold(fold(mix(seed), producer), hi), lo);
  return fold(foldWide(sequence, index), offset);
}

/** A name stands in its identity and, with the epoch, as a key. */
function bytesOf({ name, window }: Producer): number {
  return PRODUCER_BYTES + 2 * name.length + window.heldBytes;
}

function isOf(identity: ProducerIdentity, p: ProducerIdentity): boolean {
  return (
    identity.epochLo === p.epochLo &&
    identity.epochHi === p.epochHi &&
    identity.producerId === p.producerId
  );
}

function nameOf(p: ProducerIdentity): string {
  return `${p.epochHi}:${p.epochLo}:${p.producerId}`;
}
