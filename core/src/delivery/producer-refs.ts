// Which producer enqueued the message in a slot: a reference to what all messages of its epoch share,
// and the sequence in two columns, in place of an object and a string per message.

import type { Slot } from "../lib/brands.js";
import type { ProducerTriple } from "../contract/api.js";

/** A producer's triple without the sequence. */
export type ProducerIdentity = Pick<ProducerTriple, "producerId" | "epochHi" | "epochLo">;

export class ProducerRefs {
  private readonly identities: (ProducerIdentity | undefined)[] = [];
  private sequenceHi = new Uint32Array(16);
  private sequenceLo = new Uint32Array(16);

  set(slot: Slot, identity: ProducerIdentity, sequenceHi: number, sequenceLo: number): void {
    while (slot >= this.sequenceHi.length) this.grow();
    this.identities[slot] = identity;
    this.sequenceHi[slot] = sequenceHi;
    this.sequenceLo[slot] = sequenceLo;
  }

  /** Undefined: the message was enqueued without a triple. */
  get(slot: Slot): ProducerTriple | undefined {
    const identity = this.identities[slot];
    if (!identity) return undefined;
    const { producerId, epochHi, epochLo } = identity;
    const sequenceHi = this.sequenceHi[slot];
    const sequenceLo = this.sequenceLo[slot];
    return { producerId, epochHi, epochLo, sequenceHi, sequenceLo };
  }

  delete(slot: Slot): void {
    if (this.identities[slot]) this.identities[slot] = undefined;
  }

  private grow(): void {
    const capacity = this.sequenceHi.length * 2;
    const sequenceHi = new Uint32Array(capacity);
    sequenceHi.set(this.sequenceHi);
    const sequenceLo = new Uint32Array(capacity);
    sequenceLo.set(this.sequenceLo);
    this.sequenceHi = sequenceHi;
    this.sequenceLo = sequenceLo;
  }
}
