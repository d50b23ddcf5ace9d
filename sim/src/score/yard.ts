// Where seeds run: copies of the built tree that hold the instrumented build, whole for the coverage pass, and for
// a mutant only the file that it is in, since all others run faster as they are. One process per active mutant.

import { join } from "node:path";
import type { Answer } from "../kill/orders.js";
import { SeedProcess, type SeedBounds } from "../kill/seed-process.js";
import { ACTIVE_MUTANT } from "../kill/switches.js";
import { outputOf } from "../kill/transpile.js";
import type { WorkCopies } from "../kill/work-copy.js";
import type { InstrumentedBuild } from "./instrument.js";
import type { Mutation } from "./mutation.js";

/** Of one seed. A usual one has 50,000 events, one that waits until all time is up 600,000. */
const SCORE_BOUNDS: SeedBounds = { eventsMax: 3_000_000, wallMs: 600_000 };
/** Without a mutant a seed ends, however busy the machine is: patience, or a sound seed would count as broken. */
const PATIENT: SeedBounds = { ...SCORE_BOUNDS, wallMs: 3_600_000 };
/** A seed takes some 300 MB. */
const ENV = { NODE_OPTIONS: "--max-old-space-size=1200" };
const SEED_SCRIPT = join("sim", "dist", "kill", "child.js");
const WHOLE = "instrumented";

export class Yard {
  private readonly copies: WorkCopies;
  private readonly build: InstrumentedBuild;
  private readonly bounds: SeedBounds;
  private readonly folders = new Map<string, string>();
  private readonly processes = new Set<SeedProcess>();
  private isOver = false;

  constructor(copies: WorkCopies, build: InstrumentedBuild, bounds: SeedBounds = SCORE_BOUNDS) {
    this.copies = copies;
    this.build = build;
    this.bounds = bounds;
  }

  /** The build that is not instrumented at all. */
  original(): Place {
    return this.place(this.copies.original, PATIENT, ENV);
  }

  /** All mutants, none of them active. */
  instrumented(): Place {
    const folder = this.folder(WHOLE, () => new Map(Object.entries(this.build.outputs)));
    return this.place(folder, PATIENT, ENV);
  }

  mutated({ id, file }: Mutation, hitsMax: number): Place {
    const output = outputOf(file);
    const text = this.build.outputs[output] ?? "";
    const folder = this.folder(output.replaceAll("/", "_"), () => new Map([[output, text]]));
    return this.place(folder, { ...this.bounds, hitsMax }, { ...ENV, [ACTIVE_MUTANT]: String(id) });
  }

  /** Ends every process. */
  end(): void {
    this.isOver = true;
    for (const one of this.processes) one.end();
  }

  private folder(name: string, changed: () => Map<string, string>): string {
    const found = this.folders.get(name);
    if (found !== undefined) return found;
    const made = this.copies.make(name, changed());
    this.folders.set(name, made);
    return made;
  }

  private place(folder: string, bounds: SeedBounds, env: Readonly<Record<string, string>>): Place {
    let process: SeedProcess | undefined;
    const end = (): void => {
      process?.end();
      if (process) this.processes.delete(process);
      process = undefined;
    };
    return {
      run: async (seed) => {
        if (this.isOver) return undefined;
        if (!process?.isUsable) {
          end();
          process = new SeedProcess(join(folder, SEED_SCRIPT), bounds, env);
          this.processes.add(process);
        }
        return process.run(seed);
      },
      end,
    };
  }
}

/** One process after the other, of one copy and one active mutant. */
export interface Place {
  /** No answer when everything was ended meanwhile. */
  run(seed: number): Promise<Answer | undefined>;
  end(): void;
}
