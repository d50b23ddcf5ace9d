// A producer's triple in bytes: who sent an enqueue, in which of its lives, and as which of its calls.

import type { ProducerTriple } from "../contract/api.js";
import type { Reader, Writer } from "../lib/bytes.js";
import { RowReader } from "./row-reader.js";
import { RowWriter } from "./row-writer.js";
import type { Layout } from "./rows.js";

export const producer: Layout<ProducerTriple> = (pass, p) => ({
  producerId: pass.text(p.producerId),
  epochHi: pass.u32(p.epochHi),
  epochLo: pass.u32(p.epochLo),
  sequenceHi: pass.u32(p.sequenceHi),
  sequenceLo: pass.u32(p.sequenceLo),
});

export function writeProducer(w: Writer, p: ProducerTriple): void {
  new RowWriter(w).part(p, producer);
}

export function readProducer(r: Reader): ProducerTriple {
  return new RowReader(r).value(producer);
}

/** One byte says whether there is one. */
export function writeOptionalProducer(w: Writer, p: ProducerTriple | undefined): void {
  new RowWriter(w).optional(p, producer);
}

export function readOptionalProducer(r: Reader): ProducerTriple | undefined {
  return new RowReader(r).optional(undefined, producer);
}
