// What every replicated machine is: state that committed entries change, one after the other and nothing
// else, so that all replicas that applied the same entries hold the same (D-9). What an entry means to it is
// the machine's own; how an entry is applied is the same for all and stands here, with what must hold.
// Invariants:
//   R4 entries are applied in the order of the log, each once;
//   Q7 group time never goes back;
//   D-89 an entry is read whole before any of it changes anything.

import type { Offset } from "../lib/brands.js";
import { assert } from "../lib/assert.js";
import { INDEX_MAX } from "../lib/ulid.js";
import { EntryKind, type EntryView } from "../wire/blocks.js";
import { rowsIn } from "../wire/intent-rows.js";
import type { Intent } from "../wire/intents.js";
import { intentsOf } from "./entry-intents.js";
import { LevelInForce } from "./levels/in-force.js";
import { knownLevel, type Levels } from "./levels/known.js";
import type { HashSeeds, Level } from "./levels/level.js";
import type { IntentResult } from "./results.js";
import { rowHash, StateHash } from "./state-hash.js";

/** What the state of every machine has; a machine's own state extends it. */
export class MachineState {
  readonly hash = new StateHash();
  /** Group time: the stamp of the last applied entry. */
  nowMs = 0;
  appliedIndex = 0;
  protected readonly inForce: LevelInForce;

  /** `levels` are those that its init entry may name. */
  constructor(levels: Levels = knownLevel) {
    this.inForce = new LevelInForce(levels);
  }

  /** Of the init entry; undefined before it. */
  get level(): Level | undefined {
    return this.inForce.known;
  }

  /** A row of the state begins to count in the hash (D-63). */
  protected put([a, b]: HashSeeds, row: readonly number[]): void {
    this.hash.add(rowHash(a, ...row), rowHash(b, ...row));
  }

  /** A row that counts does so no more. */
  protected takeOff([a, b]: HashSeeds, row: readonly number[]): void {
    this.hash.remove(rowHash(a, ...row), rowHash(b, ...row));
  }
}

/** What its own code says an entry means. */
export interface Machine extends MachineState {
  /** Time passes to the entry's stamp: sets `nowMs`, and does what is due by then. */
  passTime(entry: EntryView): void;
  applyIntent(intent: Intent, offset: Offset, entry: EntryView): IntentResult;
}

/**
 * Applies one committed entry. `results`, when given, gets one result per intent; only the replica that
 * proposed the entry asks for them. Throws `UnappliableEntry` when this version does not understand all of it.
 */
export function applyEntry(
  machine: Machine,
  entry: EntryView,
  results: IntentResult[] | undefined,
): void {
  const { appliedIndex, nowMs } = machine;
  assert(entry.index === appliedIndex + 1, `R4: entry ${entry.index} must follow ${appliedIndex}`);
  assert(entry.stampMs >= nowMs, `Q7: stamp ${entry.stampMs} must not go back from ${nowMs}`);
  assert(entry.index <= INDEX_MAX, "D-10: log index must fit 42 bits");
  const intents = entry.kind === EntryKind.noop ? [] : intentsOf(entry);
  machine.appliedIndex = entry.index;
  machine.passTime(entry);
  let offset = 0;
  for (const intent of intents) {
    const result = machine.applyIntent(intent, offset, entry);
    offset += rowsIn(intent);
    results?.push(result);
  }
}
