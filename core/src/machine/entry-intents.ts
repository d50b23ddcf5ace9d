// The intents of an entry, read whole before any of them changes anything (D-89): what one replica
// cannot read, it must not have applied by half.

import { MalformedInput, Reader } from "../lib/bytes.js";
import { OFFSETS_PER_ENTRY } from "../lib/ulid.js";
import type { EntryView } from "../wire/blocks.js";
import { rowsIn } from "../wire/intent-rows.js";
import { peekLevel, readIntent, type Intent } from "../wire/intents.js";
import { levelProblem } from "./levels/known.js";

/** A committed entry that this machine cannot apply. Nothing of it was applied; the log is sound. */
export class UnappliableEntry extends Error {
  override readonly name = "UnappliableEntry";
}

/**
 * Throws `UnappliableEntry` when one of them is not understood, there are more than ids have room for, or the
 * entry begins a level that this version does not know (D-86).
 */
export function intentsOf(entry: EntryView): readonly Intent[] {
  const r = new Reader(entry.bytes, entry.intentsFrom, entry.to);
  const intents: Intent[] = [];
  let rows = 0;
  try {
    for (let i = 0; i < entry.intentCount; i += 1) {
      refuseOtherLevel(entry, r);
      const intent = readIntent(r);
      rows += rowsIn(intent);
      if (rows > OFFSETS_PER_ENTRY) {
        throw new MalformedInput(`it holds more than ${OFFSETS_PER_ENTRY} rows`);
      }
      intents.push(intent);
    }
    r.expectEnd();
  } catch (error) {
    if (error instanceof MalformedInput) throw unappliable(entry, error.message);
    throw error;
  }
  return intents;
}

function refuseOtherLevel(entry: EntryView, r: Reader): void {
  const named = peekLevel(r);
  const problem = named && levelProblem(named.level, named.draft);
  if (problem === undefined) return;
  throw new UnappliableEntry(
    `D-86: entry ${entry.index} of term ${entry.term} begins this group, and nothing of it was applied. ${problem}`,
  );
}

function unappliable(entry: EntryView, why: string): UnappliableEntry {
  return new UnappliableEntry(
    `D-89: entry ${entry.index} of term ${entry.term} cannot be applied by this version: ${why}. Nothing of it ` +
      "was applied and the log is kept; start this node with the newest version that the cluster runs.",
  );
}
