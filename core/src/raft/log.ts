// The log of one group in memory: which blocks there are, where each is valid, and the bytes of the
// tail. Invariants:
//   LOG1 blocks cover 1..lastIndex without a gap, in order;
//   LOG2 a block is valid up to the first index of the next later-written block (D-28), the last one up to
//      `lastIndex`: the bytes may hold more entries;
//   LOG3 one term per block, terms never fall;
//   LOG4 `heldBytes` counts the blocks of the tail, which holds every block from `evictedBelow` on and none below.
// The log below the tail is on disk only; its bytes are asked for by effect (FetchLog, D-54).

import type { LogIndex, Term } from "../lib/brands.js";
import { assert, broken } from "../lib/assert.js";
import type { Block } from "../wire/blocks.js";
import { BlockTable } from "./block-table.js";

/** Places of evicted blocks are cut off once there are this many of them, and more than what is held. */
const CUT_MIN = 64;

export class RaftLog {
  private readonly table = new BlockTable();
  /** The blocks of the tail; the first of them lies at place `tailFrom`. */
  private tail: (Block | undefined)[] = [];
  private tailFrom = 0;
  /** Blocks below this place were evicted already. */
  private evictedBelow = 0;
  private end: LogIndex = 0;
  /** Bytes of the blocks held in memory. */
  heldBytes = 0;
  /** Grows with every change: whoever looked at it at this count has nothing new to look at. */
  changes = 0;

  get lastIndex(): LogIndex {
    return this.end;
  }

  get lastTerm(): Term {
    const { length } = this.table;
    return length === 0 ? 0 : this.table.term(length - 1);
  }

  /** Largest stamp the log may hold; a new leader's time goes on from here. */
  get lastStampMs(): number {
    const { length } = this.table;
    return length === 0 ? 0 : this.table.stampMs(length - 1);
  }

  get blockCount(): number {
    return this.table.length;
  }

  /** Bytes that are held to know the blocks, beside those of the tail. */
  get tableBytes(): number {
    return this.table.heldBytes;
  }

  /** Place of the block that holds `index`, which must be in 1..lastIndex. */
  private placeOf(index: LogIndex): number {
    if (!(index >= 1 && index <= this.end)) broken(`LOG1: index ${index} must be in the log`);
    let low = 0;
    let high = this.table.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.table.first(middle) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Last valid index of the block at a place (LOG2). */
  private endOf(place: number): LogIndex {
    return place === this.table.length - 1 ? this.lastIndex : this.table.first(place + 1) - 1;
  }

  /** Term of the entry at `index`; 0 for index 0; -1 beyond the end (never equal to a term). */
  termAt(index: LogIndex): Term {
    if (index === 0) return 0;
    if (index > this.lastIndex) return -1;
    return this.table.term(this.placeOf(index));
  }

  /** Largest stamp of the block that holds `index`; 0 for index 0. */
  stampAt(index: LogIndex): number {
    return index === 0 ? 0 : this.table.stampMs(this.placeOf(index));
  }

  /** First index of the run of entries that share the term at `index`. */
  firstOfTerm(index: LogIndex): LogIndex {
    let place = this.placeOf(index);
    const term = this.table.term(place);
    while (place > 0 && this.table.term(place - 1) === term) place -= 1;
    return this.table.first(place);
  }

  /** Start and valid end of the block that holds `index`. */
  rangeAt(index: LogIndex): { readonly first: LogIndex; readonly last: LogIndex } {
    const place = this.placeOf(index);
    return { first: this.table.first(place), last: this.endOf(place) };
  }

  sizeAt(index: LogIndex): number {
    return this.table.size(this.placeOf(index));
  }

  /** The block that holds `index`, or undefined when its bytes are on disk only. */
  blockAt(index: LogIndex): Block | undefined {
    const place = this.placeOf(index);
    return place < this.tailFrom ? undefined : this.tail[place - this.tailFrom];
  }

  /**
   * Puts a block whose entries count up to `last`. Blocks that start at or above its first index go;
   * one that reaches into it is cut. Returns the first indices of the blocks whose records must be
   * deleted (those above the new block's own key).
   */
  put(block: Block, last: LogIndex): LogIndex[] {
    assert(block.first <= this.lastIndex + 1, `LOG1: block ${block.first} must leave no gap`);
    const deleted: LogIndex[] = [];
    for (;;) {
      const end = this.table.length - 1;
      if (end < 0 || this.table.first(end) < block.first) break;
      const first = this.pop();
      if (first > block.first) deleted.push(first);
    }
    assert(this.lastTerm <= block.term, `LOG3: term ${block.term} must not fall`);
    this.push(block, last);
    return deleted;
  }

  private push(block: Block, last: LogIndex): void {
    this.changes += 1;
    const { first, term, lastStampMs, bytes } = block;
    this.table.push({ first, term, stampMs: lastStampMs, size: bytes.length });
    this.end = last;
    this.tail.push(block);
    this.heldBytes += bytes.length;
  }

  private pop(): LogIndex {
    const place = this.table.length - 1;
    assert(place >= 0, "LOG1: popped block must exist");
    this.changes += 1;
    const first = this.table.first(place);
    const block = this.tail.pop();
    if (block) this.heldBytes -= block.bytes.length;
    this.table.pop();
    this.tailFrom = Math.min(this.tailFrom, place);
    this.evictedBelow = Math.min(this.evictedBelow, place);
    return first;
  }

  /** Drops the bytes of old blocks that end at or below `index` until at most `bytesMax` are held. */
  evict(index: LogIndex, bytesMax: number): void {
    while (this.heldBytes > bytesMax && this.evictedBelow < this.table.length - 1) {
      const place = this.evictedBelow;
      if (this.endOf(place) > index) break;
      const at = place - this.tailFrom;
      const block = this.tail[at];
      if (block) this.heldBytes -= block.bytes.length;
      this.tail[at] = undefined;
      this.evictedBelow += 1;
      this.changes += 1;
    }
    this.cutTail();
  }

  private cutTail(): void {
    const gone = this.evictedBelow - this.tailFrom;
    if (gone < CUT_MIN || gone * 2 < this.tail.length) return;
    this.changes += 1;
    this.tail = this.tail.slice(gone);
    this.tailFrom = this.evictedBelow;
  }

  /**
   * Restores one block at start, in key order; it ends the one before it where that reaches further. Older
   * blocks give up their bytes until at most `bytesMax` are held.
   */
  restore(block: Block, last: LogIndex, bytesMax: number): void {
    const before = this.table.length === 0 ? 0 : this.table.first(this.table.length - 1);
    const fits = block.first > before && block.first <= this.lastIndex + 1;
    assert(fits, `LOG1: restored block ${block.first} must follow`);
    this.push(block, last);
    this.evict(Infinity, bytesMax);
  }

  /** Throws when the state is not legal. Looks at the newest `blocks`, and at the tail unless that is none. */
  assertInvariants(blocks = Infinity): void {
    const { table, tail, tailFrom, evictedBelow } = this;
    const { length } = table;
    const isEmpty = length === 0;
    if (isEmpty !== (this.end === 0)) broken(`LOG1: ${length} blocks cannot end at ${this.end}`);
    if (!isEmpty) {
      const first = table.first(0);
      const last = table.first(length - 1);
      if (first !== 1) broken(`LOG1: the first block must start at 1, not ${first}`);
      if (!(last <= this.end))
        broken(`LOG2: the last block starts at ${last}, behind the end ${this.end}`);
    }
    for (let place = length - 1; place > 0 && place >= length - blocks; place -= 1) {
      const before = table.first(place - 1);
      const first = table.first(place);
      if (!(before < first)) broken(`LOG1: block ${first} must follow block ${before}`);
      const hasFallen = table.term(place - 1) > table.term(place);
      if (hasFallen) broken(`LOG3: the term at ${first} must not be below that of ${before}`);
    }
    assert(tailFrom + tail.length === length, "LOG4: the tail must end where the log does");
    const isInTail = tailFrom <= evictedBelow && evictedBelow <= length;
    if (!isInTail) broken(`LOG4: ${evictedBelow} evicted blocks, and the tail is at ${tailFrom}`);
    if (blocks > 0) this.assertTail();
  }

  private assertTail(): void {
    const { table, tail, tailFrom, evictedBelow, heldBytes } = this;
    let bytes = 0;
    let before = 0;
    for (let at = 0; at < tail.length; at += 1) {
      const block = tail[at];
      const place = tailFrom + at;
      if ((block === undefined) !== place < evictedBelow) {
        broken(
          `LOG4: block ${place} is ${block ? "" : "not "}held, and all from ${evictedBelow} are`,
        );
      }
      if (block === undefined) continue;
      const { first, term } = block;
      const { length: size } = block.bytes;
      const isSame =
        first === table.first(place) && term === table.term(place) && size === table.size(place);
      if (!isSame || !(before < first)) broken(`LOG4: block ${place} must be the log's`);
      before = first;
      bytes += size;
    }
    if (bytes !== heldBytes) broken(`LOG4: ${heldBytes} bytes must be those held, ${bytes}`);
  }

  /** Whether a block that was read from disk is still the one in the log. */
  holds(block: Block): boolean {
    if (block.first > this.lastIndex) return false;
    const place = this.placeOf(block.first);
    return (
      this.table.first(place) === block.first &&
      this.table.term(place) === block.term &&
      this.table.size(place) === block.bytes.length
    );
  }
}
