// The command line of `npm run sim:kill`.

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export const USAGE = `npm run sim:kill -- [options]
  --mutant ID         one seeded bug of sim/mutants (may be repeated)
  --mutant-file FILE  a seeded bug from a file
  --seeds A..B        seeds to try (default 1..500); the report names the lowest
                      one that fails with the bug and passes without it
  --situations        also run the tests of sim/test/host: instead of seeds for a
                      bug whose file names one of them (without this option it is
                      left out), and after the seeds for a bug that none found
  --check-types       first compile every bug with all types. Use it when a bug is
                      written or code has moved; otherwise types are not looked at
  --jobs N            processes at the same time (default: all cores)
  --json              one JSON object per bug and line, the last line has the totals
Exit code 1 when a bug lived that was expected to die, or does not fit the sources.`;

/** Seeds, the first and the last included. */
export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

export interface KillOptions {
  readonly mutants: readonly string[];
  readonly mutantFile: string | undefined;
  readonly seeds: SeedRange;
  readonly situations: boolean;
  readonly checkTypes: boolean;
  readonly jobs: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** A command line that makes no sense: the message says what to write instead. */
export class UsageProblem extends Error {
  override readonly name = "UsageProblem";
}

function parseSeeds(text: string): SeedRange {
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
        situations: { type: "boolean", default: false },
        "check-types": { type: "boolean", default: false },
        jobs: { type: "string", default: String(availableParallelism()) },
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
    situations: values.situations,
    checkTypes: values["check-types"],
    jobs,
    json: values.json,
    help: values.help,
  };
}
