// Producers and their last sequences (G6): a triple that is remembered makes no second message. Of a producer and
// epoch the last sequences are remembered, and all of it until a day after its last use; a repeat is a use too. What
// is due to be forgotten goes some sequences an entry, those of the producer that was used longest ago first.

import type { MessageRef, ProducerTriple } from "@disheap/core";
import type { Now, State } from "./state.js";

/** The message that a triple made, and when. */
interface First extends MessageRef {
  readonly stampMs: number;
}

export interface Producer {
  readonly producerId: string;
  readonly epochHi: number;
  readonly epochLo: number;
  lastUsedMs: number;
  /** In the order in which they came. */
  readonly sequences: { readonly hi: number; readonly lo: number; readonly first: First }[];
}

function isOf(p: Producer, triple: ProducerTriple): boolean {
  const isEpoch = p.epochHi === triple.epochHi && p.epochLo === triple.epochLo;
  return isEpoch && p.producerId === triple.producerId;
}

/** It is the one that was used last. */
function use(state: State, producer: Producer, { stampMs }: Now): void {
  producer.lastUsedMs = stampMs;
  state.producers = [...state.producers.filter((p) => p !== producer), producer];
}

/** The first message of the triple, if that is remembered. */
export function firstOf(state: State, triple: ProducerTriple, now: Now): First | undefined {
  const producer = state.producers.find((p) => isOf(p, triple));
  const known = producer?.sequences.find(
    ({ hi, lo }) => hi === triple.sequenceHi && lo === triple.sequenceLo,
  );
  if (producer && known) use(state, producer, now);
  return known?.first;
}

export function remember(state: State, triple: ProducerTriple, first: First, now: Now): void {
  const { producerId, epochHi, epochLo, sequenceHi: hi, sequenceLo: lo } = triple;
  const producer = state.producers.find((p) => isOf(p, triple)) ?? {
    producerId,
    epochHi,
    epochLo,
    lastUsedMs: 0,
    sequences: [],
  };
  use(state, producer, now);
  if (producer.sequences.length === state.limits.dedupPerProducerMax) producer.sequences.shift();
  producer.sequences.push({ hi, lo, first });
}

export function forgetProducers(state: State, { stampMs }: Now): void {
  const { dedupSweepMax, dedupWindowMs } = state.limits;
  for (let left = dedupSweepMax; left > 0; left -= 1) {
    const oldest = state.producers.at(0);
    if (!oldest || oldest.lastUsedMs > stampMs - dedupWindowMs) return;
    oldest.sequences.shift();
    if (oldest.sequences.length === 0) state.producers.shift();
  }
}
