// The level of one group: none before its init entry, from there on the one that stands in it (D-86). The
// entries before it are those of new leaders, without intents, and mean the same on all levels.

import { assert } from "../../lib/assert.js";
import type { HasLevel, Level } from "./level.js";
import type { Levels } from "./known.js";

export class LevelInForce implements HasLevel {
  private readonly levels: Levels;
  private found: Level | undefined;

  constructor(levels: Levels) {
    this.levels = levels;
  }

  get isKnown(): boolean {
    return this.found !== undefined;
  }

  get known(): Level | undefined {
    return this.found;
  }

  get level(): Level {
    assert(this.found !== undefined, "D-86: nothing is decided before an entry named the level");
    return this.found;
  }

  /** The init entry names it; that it is known was judged before anything of the entry was applied. */
  begin(number: number): Level {
    assert(this.found === undefined, "D-86: a group begins at one level");
    this.found = this.levels(number);
    return this.level;
  }
}
