// A dedup table asked by whole triples.

import type { ProducerTriple } from "../../src/contract/api.js";
import type { DedupTable } from "../../src/delivery/dedup.js";
import type { MessagePlace } from "../../src/delivery/message-place.js";

export function find(table: DedupTable, p: ProducerTriple): MessagePlace | undefined {
  return table.find(p, p.sequenceHi, p.sequenceLo);
}

export function remember(
  table: DedupTable,
  p: ProducerTriple,
  place: MessagePlace,
  nowMs: number,
): void {
  table.remember(p, p.sequenceHi, p.sequenceLo, place, nowMs);
}
