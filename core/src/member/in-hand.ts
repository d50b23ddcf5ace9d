// Which repeatable requests a leader has queued or proposed and not answered yet: a repeat of one is not
// proposed again. It holds for one leadership; what an earlier one proposed may be gone from the log. Invariant:
//   HAND1 a request is in hand once, from when it is queued until it is answered or the leadership ends.

import { assert } from "../lib/assert.js";
import { PairTable } from "../lib/pair-table.js";

export interface RequestName {
  readonly edge: number;
  readonly edgeIncarnation: number;
  readonly requestId: number;
}

export class InHand {
  /** By edge: (request, the edge's incarnation). */
  private edges = new Map<number, PairTable>();

  has({ edge, edgeIncarnation, requestId }: RequestName): boolean {
    const table = this.edges.get(edge);
    return table !== undefined && table.get(requestId, edgeIncarnation) >= 0;
  }

  add({ edge, edgeIncarnation, requestId }: RequestName): void {
    let table = this.edges.get(edge);
    if (!table) {
      table = new PairTable();
      this.edges.set(edge, table);
    }
    const { size } = table;
    table.set(requestId, edgeIncarnation, 1);
    assert(table.size === size + 1, "HAND1: a request that is in hand is not queued again");
  }

  delete({ edge, edgeIncarnation, requestId }: RequestName): void {
    const table = this.edges.get(edge);
    if (!table || table.get(requestId, edgeIncarnation) < 0) return;
    table.delete(requestId, edgeIncarnation);
    // The arrays never shrink; an edge that has nothing here needs none.
    if (table.size === 0 && table.heldBytes > IDLE_BYTES) this.edges.delete(edge);
  }

  clear(): void {
    this.edges = new Map();
  }

  get size(): number {
    let size = 0;
    for (const table of this.edges.values()) size += table.size;
    return size;
  }
}

/** An empty table of so many bytes is kept for the next request. */
const IDLE_BYTES = 64 * 1024;
