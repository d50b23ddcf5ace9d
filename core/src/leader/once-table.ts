// Attempts of requests that must not be proposed twice, because their intent is not idempotent: a frame
// may be delivered twice. Bounded; an edge's new incarnation starts anew. Invariant:
//   ONCE1 the look-up holds what stands in the ring, each attempt once.

import { assert } from "../lib/assert.js";

import { PairTable } from "../lib/pair-table.js";

const KEPT_MAX = 65_536;

/** The last attempts of one edge's incarnation: a ring in the order of arrival beside a look-up. */
class EdgeAttempts {
  readonly incarnation: number;
  private readonly seen = new PairTable();
  private readonly requestIds: number[] = [];
  private readonly attempts: number[] = [];
  private oldest = 0;

  constructor(incarnation: number) {
    this.incarnation = incarnation;
  }

  /** False when it is there already. */
  add(requestId: number, attempt: number): boolean {
    if (this.seen.get(requestId, attempt) >= 0) return false;
    if (this.requestIds.length < KEPT_MAX) {
      this.requestIds.push(requestId);
      this.attempts.push(attempt);
    } else {
      const at = this.oldest;
      this.seen.delete(this.requestIds[at], this.attempts[at]);
      this.requestIds[at] = requestId;
      this.attempts[at] = attempt;
      this.oldest = (at + 1) % KEPT_MAX;
    }
    this.seen.set(requestId, attempt, 1);
    assert(this.seen.size === this.attempts.length, "ONCE1: the look-up holds what is in the ring");
    return true;
  }
}

export class OnceTable {
  private readonly edges = new Map<number, EdgeAttempts>();

  /** True when this very attempt was seen before; remembers it otherwise. */
  isRepeat(edge: number, incarnation: number, requestId: number, attempt: number): boolean {
    let known = this.edges.get(edge);
    if (known?.incarnation !== incarnation) {
      known = new EdgeAttempts(incarnation);
      this.edges.set(edge, known);
    }
    return !known.add(requestId, attempt);
  }
}
