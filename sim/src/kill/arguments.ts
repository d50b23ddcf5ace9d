// The command line of `npm run sim:kill`.

import { parseArgs } from "node:util";
import type { SeedRange } from "./run-seeds.js";

export const USAGE = `npm run sim:kill -- [options]
  --mutant ID         one seeded bug of sim/mutants (may be repeated)
  --mutant-file FILE  a seeded bug from a file
  --seeds A..B        seeds to try, one after another (default 1..500)
  --jobs N            mutants at the same time (default 1)
  --json              one JSON object per mutant and line`;

export interface KillOptions {
  readonly mutants: readonly string[];
  readonly mutantFile: string | undefined;
  readonly seeds: SeedRange;
  readonly jobs: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** A command line that makes no sense: the message says what to write instead. */
export class UsageProblem extends Error {
  override readonly name = "UsageProblem";
}

export function parseSeeds(text: string): SeedRange {
  const match = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text);
  const [from, to] = match ? [Number(match[1]), Number(match[2])] : [1, 0];
  if (from <= to) return { from, to };
  throw new UsageProblem(`--seeds takes a range such as 1..500, not "${text}".`);
}

export function parseKillArguments(args: readonly string[]): KillOptions {
  let values;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        mutant: { type: "string", multiple: true, default: [] },
        "mutant-file": { type: "string" },
        seeds: { type: "string", default: "1..500" },
        jobs: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageProblem(error instanceof Error ? error.message : String(error));
  }
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new UsageProblem("--jobs takes a positive number.");
  const mutantFile = values["mutant-file"];
  if (mutantFile !== undefined && values.mutant.length > 0) {
    throw new UsageProblem("Give --mutant or --mutant-file, not both.");
  }
  return {
    mutants: values.mutant,
    mutantFile,
    seeds: parseSeeds(values.seeds),
    jobs,
    json: values.json,
    help: values.help,
  };
}
