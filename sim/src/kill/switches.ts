// The global object that a build instrumented by @stryker-mutator/instrumenter shares with whoever runs it: which
// mutant is active, how often it may be passed, and which mutants were passed. The names are the library's.
// In a build that is not instrumented there is no such object, and all of this does nothing.

/** Names the active mutant to a process; read when the first instrumented file is loaded. */
export const ACTIVE_MUTANT = "__STRYKER_ACTIVE_MUTANT__";

/** How the message begins of the error that ends a run at the bound of its active mutant. */
export const HIT_LIMIT = "Stryker: Hit count limit reached";

/** How often mutants were passed, by their ids. */
export type Hits = Readonly<Record<string, number>>;

interface Switches {
  activeMutant?: string;
  currentTestId?: string;
  hitCount?: number;
  hitLimit?: number;
  mutantCoverage?: { static: Hits; perTest: Record<string, Hits> };
}

function switches(): Switches | undefined {
  return (globalThis as { __stryker__?: Switches }).__stryker__;
}

/** Before a seed: what is passed from now on counts for it. */
export function watchSeed(seed: number, hitsMax: number | undefined): void {
  const shared = switches();
  if (!shared) return;
  shared.currentTestId = String(seed);
  if (hitsMax === undefined) return;
  shared.hitCount = 0;
  shared.hitLimit = hitsMax;
}

/**
 * After a seed: what it passed, and what was passed as the files were loaded, which is in force in every seed.
 * Nothing while a mutant is active: nobody asks then.
 */
export function takeHits(seed: number): Hits {
  const shared = switches();
  if (!shared?.mutantCoverage) return {};
  const { static: atLoad, perTest } = shared.mutantCoverage;
  const hits = perTest[String(seed)] ?? {};
  shared.mutantCoverage.perTest = {};
  return shared.activeMutant === undefined ? { ...atLoad, ...hits } : {};
}
