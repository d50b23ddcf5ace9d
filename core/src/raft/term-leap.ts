// How far a term that a peer names may lie ahead. Terms have 32 bits: one message that named the last of them would
// leave its group without a term to campaign in, for good (D-89).

import type { Term } from "../lib/brands.js";
import type { RaftMessage } from "../wire/messages.js";

/** An election won every second for half a year, while this node heard nothing. */
const LEAP_MAX = 2 ** 24;
const TERM_MAX = 2 ** 32 - 1;

export function isTooFar(own: Term, named: Term): boolean {
  return named > own + LEAP_MAX;
}

/** There is a term after this one. */
export function hasNext(term: Term): boolean {
  return term < TERM_MAX;
}

/** The latest term that a message names. */
export function termNamed(m: RaftMessage): Term {
  return m.kind === "pre-vote.reply" ? Math.max(m.term, m.ownTerm) : m.term;
}
