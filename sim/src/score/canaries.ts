// Mutants that every few seeds notice, told by their text, so that they are found again when the sources move.
// When none of them dies, not the simulator is at fault but the tool: nothing was switched on.

import type { Mutation } from "./mutation.js";

export interface Canary {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
}

const LOG = "core/src/raft/log.ts";
const ELECTION = "core/src/raft/election.ts";

export const CANARIES: readonly Canary[] = [
  // Time runs backwards for those who wait for a leader.
  { file: ELECTION, original: "g.electionTicks += 1", replacement: "g.electionTicks -= 1" },
  // A leader that hears enough gives up.
  { file: ELECTION, original: "heard < g.quorum", replacement: "heard >= g.quorum" },
  // The place of an entry in its block, from the wrong end.
  { file: LOG, original: "length - 1", replacement: "length + 1" },
];

export function canariesOf(all: readonly Mutation[], canaries: readonly Canary[]): Mutation[] {
  return all.filter(({ file, original, replacement }) =>
    canaries.some(
      (one) => one.file === file && one.original === original && one.replacement === replacement,
    ),
  );
}
