// Which leases expired lately, and who held them. A grant can be lost on its way, or commit under the next
// leader when its lease is over already: only the leader then knows of it, and its digest asks the edge
// whether it was ever handed over. Follows from the entries alone and decides nothing at apply, so it is in
// no hash.

import { Fifo } from "../lib/fifo.js";

export interface Expiry {
  readonly index: number;
  readonly offset: number;
  readonly fence: number;
  readonly edge: number;
  readonly edgeIncarnation: number;
  readonly stream: number;
  readonly round: number;
  readonly grantIndex: number;
  readonly expiredMs: number;
}

/** As long as an edge remembers a closed stream: of older ones it could not tell. */
const KEPT_MS = 60_000;
const KEPT_MAX = 4096;

export class Expiries {
  private readonly kept = new Fifo<Expiry>();

  add(expiry: Expiry): void {
    this.kept.push(expiry);
    if (this.kept.length > KEPT_MAX) this.kept.shift();
  }

  forget(nowMs: number): void {
    for (;;) {
      const oldest = this.kept.first();
      if (!oldest || oldest.expiredMs > nowMs - KEPT_MS) return;
      this.kept.shift();
    }
  }

  forEach(visit: (expiry: Expiry) => void): void {
    this.kept.forEach(visit);
  }
}
