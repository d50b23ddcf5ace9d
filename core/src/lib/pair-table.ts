// A map from a pair of numbers to a u32, in typed arrays: open addressing, linear probing, deletion by
// shifting back (D-16). Keys are (index, offset) of a message, or (index, fence and offset).

import { broken } from "./assert.js";
import { fold, mix } from "./hash.js";

const EMPTY = -1;
const SEED = mix(0x51ed270b);

export class PairTable {
  private firsts: Float64Array;
  private seconds: Float64Array;
  private values: Uint32Array;
  private mask: number;
  size = 0;

  constructor(capacity = 16) {
    this.firsts = new Float64Array(capacity).fill(EMPTY);
    this.seconds = new Float64Array(capacity);
    this.values = new Uint32Array(capacity);
    this.mask = capacity - 1;
  }

  /** Bytes of the arrays. */
  get heldBytes(): number {
    return this.firsts.length * 20;
  }

  private home(first: number, second: number): number {
    // What is above 32 bits is rarely more than zero, and then adds nothing.
    const high = (first / 4294967296) ^ (second / 4294967296);
    const h = fold(fold(SEED, first), second);
    return (high === 0 ? h : fold(h, high)) & this.mask;
  }

  private find(first: number, second: number): number {
    let at = this.home(first, second);
    while (this.firsts[at] !== EMPTY) {
      if (this.firsts[at] === first && this.seconds[at] === second) return at;
      at = (at + 1) & this.mask;
    }
    return -1 - at;
  }

  /** The value, or -1. */
  get(first: number, second: number): number {
    const at = this.find(first, second);
    return at < 0 ? -1 : this.values[at];
  }

  set(first: number, second: number, value: number): void {
    if ((this.size + 1) * 4 > this.firsts.length * 3) this.grow();
    let at = this.find(first, second);
    if (at < 0) {
      at = -1 - at;
      this.firsts[at] = first;
      this.seconds[at] = second;
      this.size += 1;
    }
    this.values[at] = value;
  }

  delete(first: number, second: number): void {
    let hole = this.find(first, second);
    if (hole < 0) broken(`pair table: deleted key (${first}, ${second}) must be present`);
    this.size -= 1;
    let at = (hole + 1) & this.mask;
    while (this.firsts[at] !== EMPTY) {
      const home = this.home(this.firsts[at], this.seconds[at]);
      // The entry may fill the hole when its home is not between the hole and itself.
      if (((at - home) & this.mask) >= ((at - hole) & this.mask)) {
        this.firsts[hole] = this.firsts[at];
        this.seconds[hole] = this.seconds[at];
        this.values[hole] = this.values[at];
        hole = at;
      }
      at = (at + 1) & this.mask;
    }
    this.firsts[hole] = EMPTY;
  }

  private grow(): void {
    const { firsts, seconds, values } = this;
    const capacity = firsts.length * 2;
    this.firsts = new Float64Array(capacity).fill(EMPTY);
    this.seconds = new Float64Array(capacity);
    this.values = new Uint32Array(capacity);
    this.mask = capacity - 1;
    this.size = 0;
    for (let i = 0; i < firsts.length; i += 1) {
      if (firsts[i] !== EMPTY) this.set(firsts[i], seconds[i], values[i]);
    }
  }
}
