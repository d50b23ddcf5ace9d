// ReadIndex (Raft section 6.4): a read is served at the commit index of its arrival, after a majority
// vouched for this leader in a beat round that *started* after it. Keyed by the node's own round
// number, never by what a client sent (raft-E2); needs a commit of the own term first (raft-E1).

import { assert } from "../lib/assert.js";
import type { RaftGroup } from "./group.js";

/** Registers a read; `round` is a beat round that has not started yet. */
export function requestRead(g: RaftGroup, round: number, read: number): void {
  assert(g.isReady, "R11: a read needs a commit of the own term");
  g.pendingReads.push({ index: g.commitIndex, round, read });
  confirmReads(g);
}

/** Confirms the reads whose round a majority vouched for. */
export function confirmReads(g: RaftGroup): void {
  while (g.pendingReads.length > 0) {
    const next = g.pendingReads[0];
    let vouched = 1;
    for (const p of g.progress.values()) if (p.ackedRound >= next.round) vouched += 1;
    if (vouched < g.quorum) return;
    g.pendingReads.shift();
    g.outputs.readConfirmed(next.index, next.read);
  }
}
