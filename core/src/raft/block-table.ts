// What a log remembers of every block it ever held, in columns: 24 bytes a block in place of an object.
// Where a block ends is where the next one begins, so only the last end is kept, and that by the log.
// Pages of a fixed size: nothing is copied as a long log grows on.

import type { LogIndex, Term } from "../lib/brands.js";

interface Page {
  readonly firsts: Float64Array;
  readonly stamps: Float64Array;
  readonly terms: Uint32Array;
  readonly sizes: Uint32Array;
}

interface BlockFacts {
  readonly first: LogIndex;
  readonly term: Term;
  readonly stampMs: number;
  readonly size: number;
}

const PAGE_BITS = 12;
const PAGE_ROWS = 1 << PAGE_BITS;
const ROW_MASK = PAGE_ROWS - 1;
/** Rows of the first page at first: most logs of a node with many groups are short. */
const ROWS_MIN = 16;

export class BlockTable {
  private readonly pages: Page[] = [];
  length = 0;

  first(place: number): LogIndex {
    return this.pages[place >> PAGE_BITS].firsts[place & ROW_MASK];
  }

  term(place: number): Term {
    return this.pages[place >> PAGE_BITS].terms[place & ROW_MASK];
  }

  stampMs(place: number): number {
    return this.pages[place >> PAGE_BITS].stamps[place & ROW_MASK];
  }

  size(place: number): number {
    return this.pages[place >> PAGE_BITS].sizes[place & ROW_MASK];
  }

  push(facts: BlockFacts): void {
    const place = this.length;
    const page = this.pageFor(place);
    const row = place & ROW_MASK;
    page.firsts[row] = facts.first;
    page.terms[row] = facts.term;
    page.stamps[row] = facts.stampMs;
    page.sizes[row] = facts.size;
    this.length += 1;
  }

  /** Drops the last row. */
  pop(): void {
    this.length -= 1;
  }

  /** Bytes of the columns. */
  get heldBytes(): number {
    let rows = 0;
    for (const page of this.pages) rows += page.firsts.length;
    return rows * 24;
  }

  private pageFor(place: number): Page {
    const number = place >> PAGE_BITS;
    const page = this.pages.at(number);
    if (page !== undefined && (place & ROW_MASK) < page.firsts.length) return page;
    const rows = number > 0 ? PAGE_ROWS : Math.max(ROWS_MIN, (page?.firsts.length ?? 0) * 2);
    const grown: Page = {
      firsts: new Float64Array(rows),
      stamps: new Float64Array(rows),
      terms: new Uint32Array(rows),
      sizes: new Uint32Array(rows),
    };
    if (page !== undefined) {
      grown.firsts.set(page.firsts);
      grown.stamps.set(page.stamps);
      grown.terms.set(page.terms);
      grown.sizes.set(page.sizes);
    }
    this.pages[number] = grown;
    return grown;
  }
}
