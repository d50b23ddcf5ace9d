// The command line of `npm run sim:score`.

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { UsageProblem } from "../kill/arguments.js";

export const USAGE = `npm run sim:score -- [options]
  --sample N       how many mutants, drawn at random among those that compile (default 150)
  --seed S         of that draw: the same seed draws the same mutants (default 1)
  --seeds-max M    simulated seeds 1..M; a mutant runs on those that pass it (default 300)
  --rooms A,B      draw only from these rooms of core, or io/turn
  --mutant ID      this mutant, as numbered in the report; instead of a draw
  --jobs N         processes at the same time (default: all cores)
  --reports DIR    where score.json and score.md are kept (default docs/reports)
  --self-check     judge the tool, not the simulator: the sample may survive, but without
                   a mutant all seeds must pass as in the normal build, and a canary must
                   die; last line "N passed, M failed". Writes no report
  --json           last line: one JSON object with the totals
  --help           this text
What score.json knows of these sources is not run again; Ctrl-C keeps what was learned.
Exit codes: 0 all was judged, 1 something could not be (survivors are no failure), 2 a command line that cannot be
used.`;

export interface ScoreOptions {
  readonly sample: number;
  readonly seed: number;
  readonly seedsMax: number;
  /** Empty: all. */
  readonly rooms: readonly string[];
  readonly mutants: readonly number[];
  readonly jobs: number;
  readonly reports: string;
  readonly selfCheck: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

export function parseScoreArguments(args: readonly string[]): ScoreOptions {
  let values;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        sample: { type: "string", default: "150" },
        seed: { type: "string", default: "1" },
        "seeds-max": { type: "string", default: "300" },
        rooms: { type: "string", default: "" },
        mutant: { type: "string", multiple: true, default: [] },
        jobs: { type: "string", default: String(availableParallelism()) },
        reports: { type: "string", default: "docs/reports" },
        "self-check": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageProblem(error instanceof Error ? error.message : String(error));
  }
  return {
    sample: whole("--sample", values.sample, 1),
    seed: whole("--seed", values.seed, 0),
    seedsMax: whole("--seeds-max", values["seeds-max"], 1),
    rooms: values.rooms.split(",").filter((room) => room !== ""),
    mutants: values.mutant.map((id) => whole("--mutant", id, 0)),
    jobs: whole("--jobs", values.jobs, 1),
    reports: values.reports,
    selfCheck: values["self-check"],
    json: values.json,
    help: values.help,
  };
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number >= least) return number;
  throw new UsageProblem(`${name} takes a whole number of at least ${least}, not "${text}".`);
}
