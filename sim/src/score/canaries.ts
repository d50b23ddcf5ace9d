// Mutants that every few seeds notice, told by their text, so that they are found again when the sources move.
// When none of them dies, not the simulator is at fault but the tool: nothing was switched on.

import type { Mutation } from "./mutation.js";

export interface Canary {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
}

export const CANARIES: readonly Canary[] = [
  // The middle of a majority's indexes, counted from the wrong end.
  { file: "core/src/lib/majority.ts", original: "b - a", replacement: "b + a" },
  // The log's last index.
  { file: "core/src/raft/log.ts", original: "length === 0", replacement: "length !== 0" },
  // A leader that hears enough gives up.
  {
    file: "core/src/raft/election.ts",
    original: "heard < g.quorum",
    replacement: "heard >= g.quorum",
  },
];

export function canariesOf(all: readonly Mutation[], canaries: readonly Canary[]): Mutation[] {
  return all.filter(({ file, original, replacement }) =>
    canaries.some(
      (one) => one.file === file && one.original === original && one.replacement === replacement,
    ),
  );
}
