// Who enqueues: an id that no other process has, an epoch that grows with every start, and a sequence
// per topic. Together they let a node recognise a repeat, so that a lost answer costs nothing.
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** Makes one enqueue recognisable. */
export interface ProducerTriple {
  producerId: string;
  epoch: bigint;
  sequence: bigint;
}

export class Producer {
  readonly id: string;
  readonly epoch: bigint;
  readonly #sequences = new Map<string, bigint>();

  /** The random part is never left out: two producers of one id and second would lose messages. */
  constructor(name: string = hostname()) {
    this.id = `${name}-${process.pid}-${randomBytes(4).toString("hex")}`;
    this.epoch = BigInt(Math.floor(Date.now() / 1_000));
  }

  /** The triple of the next message for `topic`; its sequences start at 1. */
  next(topic: string): ProducerTriple {
    const sequence = (this.#sequences.get(topic) ?? 0n) + 1n;
    this.#sequences.set(topic, sequence);
    return { producerId: this.id, epoch: this.epoch, sequence };
  }
}
