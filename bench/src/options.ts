// The command line of the bench.

import { parseArgs } from "node:util";

export interface Options {
  readonly json: boolean;
  readonly help: boolean;
  /** Empty: all. A name also picks those it is the beginning of: `enqueue` picks `enqueue-64`. */
  readonly workloads: readonly string[];
  readonly runs: number;
  readonly seconds: number | undefined;
  readonly profileFolder: string | undefined;
}

export class UsageError extends Error {}

export function readOptions(argv: readonly string[]): Options {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false, short: "h" },
        workload: { type: "string", multiple: true, default: [] },
        runs: { type: "string", default: "1" },
        seconds: { type: "string" },
        profile: { type: "string" },
      },
    }));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${text.replace(/(?<!\.)$/, ".")} Try --help.`);
  }
  return {
    json: values.json,
    help: values.help,
    workloads: values.workload,
    runs: countOf("--runs", values.runs, 100),
    seconds: values.seconds === undefined ? undefined : countOf("--seconds", values.seconds, 120),
    profileFolder: values.profile,
  };
}

function countOf(flag: string, text: string, max: number): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new UsageError(`${flag} is "${text}"; it must be a whole number from 1 to ${max}.`);
}

interface Line {
  readonly name: string;
  readonly isLong?: boolean;
}

/** The workloads that the names pick, in their own order; a name that picks none is refused. */
export function pick<T extends Line>(all: readonly T[], names: readonly string[]): T[] {
  const matches = (one: T, name: string): boolean =>
    one.name === name || (one.name.startsWith(`${name}-`) && one.isLong !== true);
  for (const name of names) {
    if (all.some((one) => matches(one, name))) continue;
    const known = all.map((one) => one.name).join(", ");
    throw new UsageError(`There is no workload "${name}". Known: ${known}.`);
  }
  if (names.length === 0) return all.filter(({ isLong }) => isLong !== true);
  return all.filter((one) => names.some((name) => matches(one, name)));
}

/** The help of a bench over these lines. */
export function helpLines(
  usage: string,
  lines: readonly { readonly name: string; readonly about: string }[],
): string[] {
  const width = Math.max(...lines.map(({ name }) => name.length));
  return [
    usage,
    "",
    "  --workload NAME  only this one (may be given several times; `unary` picks all unary-*)",
    "  --runs N         N rounds, every workload once in each; the table shows medians",
    "  --seconds N      length of the measured part, instead of the workload's own",
    "  --profile DIR    write CPU profiles of all processes to DIR and sum them up",
    "  --json           the last line is one JSON object with every run",
    "  --help           this text",
    "",
    "Exit codes: 0 measured, 1 a workload could not be carried out or an operation failed,",
    "2 a command line that cannot be used.",
    "",
    "Workloads:",
    ...lines.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
  ];
}
