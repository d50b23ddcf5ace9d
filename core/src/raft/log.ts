// The log of one group in memory: which blocks there are, where each is valid, and the bytes of the
// tail. Invariants:
//   L1 blocks cover 1..lastIndex without a gap, in order;
//   L2 a block is valid up to the first index of the next later-written block (D-28): `lasts` holds
//      that bound, the bytes may hold more entries;
//   L3 one term per block, terms never fall.
// The log below the tail is on disk only; its bytes are asked for by effect (FetchLog, D-54).

import { assert } from "../lib/assert.js";
import type { Block, BlockHeader } from "../wire/blocks.js";

export class RaftLog {
  private firsts: number[] = [];
  private lasts: number[] = [];
  private terms: number[] = [];
  private stamps: number[] = [];
  private sizes: number[] = [];
  private blocks: (Block | undefined)[] = [];
  /** Bytes of the blocks held in memory. */
  heldBytes = 0;
  /** Blocks below this place were evicted already. */
  private evictedBelow = 0;

  get lastIndex(): number {
    return this.lasts.length === 0 ? 0 : this.lasts[this.lasts.length - 1];
  }

  get lastTerm(): number {
    return this.terms.length === 0 ? 0 : this.terms[this.terms.length - 1];
  }

  /** Largest stamp the log may hold; a new leader's time goes on from here. */
  get lastStampMs(): number {
    return this.stamps.length === 0 ? 0 : this.stamps[this.stamps.length - 1];
  }

  get blockCount(): number {
    return this.firsts.length;
  }

  /** Place of the block that holds `index`, which must be in 1..lastIndex. */
  private placeOf(index: number): number {
    assert(index >= 1 && index <= this.lastIndex, `L1: index ${index} must be in the log`);
    let low = 0;
    let high = this.firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.firsts[middle] <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Term of the entry at `index`; 0 for index 0; -1 beyond the end (never equal to a term). */
  termAt(index: number): number {
    if (index === 0) return 0;
    if (index > this.lastIndex) return -1;
    return this.terms[this.placeOf(index)];
  }

  /** First index of the run of entries that share the term at `index`. */
  firstOfTerm(index: number): number {
    let place = this.placeOf(index);
    const term = this.terms[place];
    while (place > 0 && this.terms[place - 1] === term) place -= 1;
    return this.firsts[place];
  }

  /** Start and valid end of the block that holds `index`. */
  rangeAt(index: number): { readonly first: number; readonly last: number } {
    const place = this.placeOf(index);
    return { first: this.firsts[place], last: this.lasts[place] };
  }

  sizeAt(index: number): number {
    return this.sizes[this.placeOf(index)];
  }

  /** The block that holds `index`, or undefined when its bytes are on disk only. */
  blockAt(index: number): Block | undefined {
    return this.blocks[this.placeOf(index)];
  }

  /**
   * Puts a block whose entries count up to `last`. Blocks that start at or above its first index go;
   * one that reaches into it is cut. Returns the first indices of the blocks whose records must be
   * deleted (those above the new block's own key).
   */
  put(block: Block, last: number): number[] {
    assert(block.first <= this.lastIndex + 1, `L1: block ${block.first} must leave no gap`);
    const deleted: number[] = [];
    while (this.firsts.length > 0 && this.firsts[this.firsts.length - 1] >= block.first) {
      const first = this.pop();
      if (first > block.first) deleted.push(first);
    }
    const end = this.lasts.length - 1;
    if (end >= 0 && this.lasts[end] >= block.first) this.lasts[end] = block.first - 1;
    assert(this.lastTerm <= block.term, `L3: term ${block.term} must not fall`);
    this.firsts.push(block.first);
    this.lasts.push(last);
    this.terms.push(block.term);
    this.stamps.push(block.lastStampMs);
    this.sizes.push(block.bytes.length);
    this.blocks.push(block);
    this.heldBytes += block.bytes.length;
    return deleted;
  }

  private pop(): number {
    const block = this.blocks.pop();
    if (block) this.heldBytes -= block.bytes.length;
    this.lasts.pop();
    this.terms.pop();
    this.stamps.pop();
    this.sizes.pop();
    const first = this.firsts.pop();
    assert(first !== undefined, "L1: popped block must exist");
    this.evictedBelow = Math.min(this.evictedBelow, this.firsts.length);
    return first;
  }

  /** Drops the bytes of old blocks that end at or below `index` until at most `bytesMax` are held. */
  evict(index: number, bytesMax: number): void {
    while (this.heldBytes > bytesMax && this.evictedBelow < this.firsts.length - 1) {
      const place = this.evictedBelow;
      if (this.lasts[place] > index) return;
      const block = this.blocks[place];
      if (block) {
        this.heldBytes -= block.bytes.length;
        this.blocks[place] = undefined;
      }
      this.evictedBelow += 1;
    }
  }

  /** Restores one block at start, in key order; without `block` its bytes stay on disk. */
  restore(header: BlockHeader, size: number, block: Block | undefined, last: number): void {
    assert(header.first === this.lastIndex + 1, `L1: restored block ${header.first} must follow`);
    this.firsts.push(header.first);
    this.lasts.push(last);
    this.terms.push(header.term);
    this.stamps.push(header.lastStampMs);
    this.sizes.push(size);
    this.blocks.push(block);
    if (block) this.heldBytes += size;
  }

  /** Whether a block that was read from disk is still the one in the log. */
  holds(block: Block): boolean {
    if (block.first > this.lastIndex) return false;
    const place = this.placeOf(block.first);
    return (
      this.firsts[place] === block.first &&
      this.terms[place] === block.term &&
      this.sizes[place] === block.bytes.length
    );
  }
}
