// The digest: all that replicas must agree on, as rows without an order. What stands here is in the machine's state
// hash (D-63), and what does not stand here decides nothing. Usage times of producers are the exception: they decide
// what is forgotten when, and replicas that differed there would differ here a day later.

import type { MessageRef } from "@disheap/core";
import type { Message } from "./messages.js";
import type { Ended, State } from "./state.js";

export interface Digest {
  readonly isClosed: boolean;
  readonly messages: readonly Readonly<Message>[];
  readonly edges: readonly { readonly edge: number; readonly incarnation: number }[];
  readonly streams: readonly {
    readonly edge: number;
    readonly edgeIncarnation: number;
    readonly stream: number;
    readonly round: number;
    readonly granted: number;
    readonly isClosed: boolean;
  }[];
  readonly ended: readonly Readonly<Ended>[];
  readonly triples: readonly (MessageRef & {
    readonly producerId: string;
    readonly epochHi: number;
    readonly epochLo: number;
    readonly sequenceHi: number;
    readonly sequenceLo: number;
  })[];
}

export function digestOf({ isClosed, messages, edges, producers, ended }: State): Digest {
  return {
    isClosed,
    messages,
    edges: edges.map(({ number, incarnation }) => ({ edge: number, incarnation })),
    streams: edges.flatMap(({ number: edge, incarnation: edgeIncarnation, streams }) =>
      streams.map(({ number: stream, round, granted, isClosed: isGone }) => {
        return { edge, edgeIncarnation, stream, round, granted, isClosed: isGone };
      }),
    ),
    ended,
    triples: producers.flatMap(({ producerId, epochHi, epochLo, sequences }) =>
      sequences.map(({ hi: sequenceHi, lo: sequenceLo, first: { index, offset } }) => {
        return { producerId, epochHi, epochLo, sequenceHi, sequenceLo, index, offset };
      }),
    ),
  };
}
