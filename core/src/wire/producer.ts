// A producer's triple in bytes: who sent an enqueue, in which of its lives, and as which of its calls.

import type { ProducerTriple } from "../contract/api.js";
import type { Reader, Writer } from "../lib/bytes.js";

export function writeProducer(w: Writer, p: ProducerTriple): void {
  w.text(p.producerId).u32(p.epochHi).u32(p.epochLo).u32(p.sequenceHi).u32(p.sequenceLo);
}

export function readProducer(r: Reader): ProducerTriple {
  return {
    producerId: r.text(),
    epochHi: r.u32(),
    epochLo: r.u32(),
    sequenceHi: r.u32(),
    sequenceLo: r.u32(),
  };
}

/** One byte says whether there is one. */
export function writeOptionalProducer(w: Writer, p: ProducerTriple | undefined): void {
  w.u8(p ? 1 : 0);
  if (p) writeProducer(w, p);
}

export function readOptionalProducer(r: Reader): ProducerTriple | undefined {
  return r.u8() === 1 ? readProducer(r) : undefined;
}
