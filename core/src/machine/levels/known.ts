// The levels that this build knows (D-86): its own draft and the frozen ones. Whatever names another one is
// refused by a sentence that says so: it is no damage, and the data is whole.

import { LEVEL_1 } from "./level-1.js";
import type { Level } from "./level.js";

/** Finds a level by its number; `levelProblem` judged it before. */
export type Levels = (number: number) => Level | undefined;

const KNOWN: readonly Level[] = Object.freeze([LEVEL_1]);

/** What a new cluster and a new partition begin at. */
export const NEWEST_LEVEL: Level = LEVEL_1;

export function knownLevel(number: number): Level | undefined {
  return KNOWN.find((level) => level.number === number);
}

/**
 * Why this build cannot go on with what was written at this level and draft, as a sentence that says what to
 * do; undefined: it can. Anything that is not a whole number counts as absent.
 */
export function levelProblem(level: unknown, draft: unknown): string | undefined {
  const mine = `this version of Disheap writes ${nameOf(NEWEST_LEVEL.number, NEWEST_LEVEL.draft)}`;
  if (!isCount(level) || !isCount(draft)) {
    return `No machine level stands in it, and ${mine}: it was written by another, older version. ${START_THAT}`;
  }
  const known = knownLevel(level);
  if (known?.draft === draft) return undefined;
  const found = `It was written at ${nameOf(level, draft)}, and ${mine}`;
  const isNewer =
    level > NEWEST_LEVEL.number || (level === NEWEST_LEVEL.number && draft > NEWEST_LEVEL.draft);
  return `${found}: ${isNewer ? "a newer" : "another"} version wrote it. ${START_THAT}`;
}

const START_THAT =
  "Start the version of Disheap that wrote it; its data is whole, so do not move the data directory away.";

function nameOf(level: number, draft: number): string {
  return draft === 0 ? `level ${level}` : `level ${level}, draft ${draft}`;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
