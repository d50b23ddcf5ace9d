// Which partition an enqueue goes to (wire contract, section 10): by key, then by triple (so that a retry
// lands where the dedup is, D-33), then spread evenly.

import { rendezvous } from "../../cluster/placement.js";
import { utf8Encode } from "../../lib/bytes.js";
import { fold32, hash32, hashBytes } from "../../lib/hash.js";
import type { ProducerTriple } from "../../contract/api.js";
import { spreadHash } from "../../member/draws.js";

export class PartitionChooser {
  private readonly start: number;
  private count = 0;

  /** `seedLo`: entropy of the process, so that nodes start their walks at different partitions. */
  constructor(seedLo: number) {
    this.start = spreadHash(seedLo, 0);
  }

  choose(
    request: {
      readonly partitionKey?: string | undefined;
      readonly producer?: ProducerTriple | undefined;
    },
    partitions: number,
  ): number {
    const { partitionKey, producer } = request;
    if (partitions === 1) return 0;
    if (partitionKey !== undefined && partitionKey !== "") {
      return rendezvous(hashBytes(0x6b657921, utf8Encode(partitionKey)), partitions);
    }
    if (producer) return rendezvous(blockHash(producer), partitions);
    this.count += 1;
    return (this.start + this.count) % partitions;
  }
}

/** One hash per block of 64 sequences: a partition sees whole blocks. */
function blockHash(producer: ProducerTriple): number {
  const name = hashBytes(0x70726f64, utf8Encode(producer.producerId));
  const epoch = fold32(fold32(name, producer.epochHi), producer.epochLo);
  return hash32(epoch, producer.sequenceHi, producer.sequenceLo >>> 6);
}
