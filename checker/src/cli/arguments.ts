// Reads the command line. Every refusal is one sentence that says what to write instead.
import type { FormatName } from "../history/formats.js";
import { FORMATS } from "../history/formats.js";
import { MODEL_NAMES } from "../model/history-model.js";

/** The model name that runs Disheap's monitors instead of a search. */
export const DISHEAP = "disheap";

export interface CheckArguments {
  readonly command: "check";
  readonly file: string;
  readonly model: string;
  readonly format?: FormatName;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly workers: number;
  readonly html?: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly independent: boolean;
  readonly failedCas: "mismatch" | "ignore";
}

type Arguments =
  | CheckArguments
  | { readonly command: "help" | "version" | "models" }
  | { readonly command: "refused"; readonly reason: string };

export const USAGE = `linearizability: checks recorded histories of concurrent systems

  linearizability check FILE --model MODEL [options]     FILE may be - for standard input
  linearizability models                                 lists the models

  --model MODEL        ${[...MODEL_NAMES, DISHEAP].join(", ")}
  --format FORMAT      ${FORMATS.join(", ")}; guessed from the file when absent
  --timeout TIME       stop with "unknown" after 500ms, 60s (default), 10m, ...
  --memory SIZE        what all searches may remember together: 400MB (default), 2GB; a partition
                       that needs more by itself ends "unknown"
  --workers N          check partitions in N worker threads (default 1: none)
  --independent        values are [key value]; every key is an object of its own
  --failed-cas HOW     mismatch (default: a failed cas did not match) or ignore
  --html OUT.html      also write a picture: one file that needs no network
  --json               print the result as one JSON object
  --quiet              no progress

exit codes: 0 linearizable, 1 not linearizable, 2 unknown (time, memory), 3 bad input

  npx linearizability check history.edn --model cas-register --html picture.html
`;

const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9 };

class Refusal extends Error {}

function amount(text: string, units: Readonly<Record<string, number>>, option: string): number {
  const match = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/.exec(text);
  const unit = units[match?.[2] ?? ""];
  if (match === null || unit === undefined) {
    const known = Object.keys(units).join(", ");
    throw new Refusal(
      `${option} "${text}": write a number and one of ${known}, like 60${Object.keys(units)[1] ?? ""}`,
    );
  }
  return Number(match[1]) * unit;
}

function oneOf<T extends string>(text: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) {
    throw new Refusal(`${option} "${text}" is not known; use one of ${choices.join(", ")}`);
  }
  return found;
}

const FLAGS = ["--json", "--quiet", "--independent"];
const OPTIONS = [
  ...["--model", "--format", "--timeout", "--memory", "--workers", "--html", "--failed-cas"],
];

interface Split {
  readonly files: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

function split(argv: readonly string[]): Split {
  const files: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let at = 0; at < argv.length; at += 1) {
    const text = argv[at] ?? "";
    const [name = "", inline] = text.startsWith("--") ? text.split(/=(.*)/s, 2) : [text];
    if (!text.startsWith("--")) files.push(text);
    else if (FLAGS.includes(name) && inline === undefined) flags.add(name);
    else if (OPTIONS.includes(name)) {
      const value = inline ?? argv[(at += 1)];
      if (value === undefined) throw new Refusal(`${name} needs a value`);
      values.set(name, value);
    } else throw new Refusal(`${text} is not an option; see linearizability --help`);
  }
  return { files, flags, values };
}

function parseCheck(argv: readonly string[]): CheckArguments {
  const { files, flags, values } = split(argv);
  const [file, second] = files;
  if (file === undefined)
    throw new Refusal("name the history file to check, or - for standard input");
  if (second !== undefined) throw new Refusal(`one file at a time; "${second}" is a second one`);
  const model = values.get("--model");
  if (model === undefined) {
    throw new Refusal(`name a model with --model: one of ${[...MODEL_NAMES, DISHEAP].join(", ")}`);
  }
  const format = values.get("--format");
  const html = values.get("--html");
  const workers = Number(values.get("--workers") ?? "1");
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    throw new Refusal("--workers must be a whole number from 1 to 64");
  }
  return {
    command: "check",
    file,
    model: oneOf(model, [...MODEL_NAMES, DISHEAP], "--model"),
    ...(format === undefined ? {} : { format: oneOf(format, FORMATS, "--format") }),
    timeoutMs: amount(values.get("--timeout") ?? "60s", TIME_UNITS, "--timeout"),
    memoryBytes: amount(values.get("--memory") ?? "400MB", SIZE_UNITS, "--memory"),
    workers,
    ...(html === undefined ? {} : { html }),
    json: flags.has("--json"),
    quiet: flags.has("--quiet"),
    independent: flags.has("--independent"),
    failedCas: oneOf(
      values.get("--failed-cas") ?? "mismatch",
      ["mismatch", "ignore"],
      "--failed-cas",
    ),
  };
}

export function parseArguments(argv: readonly string[]): Arguments {
  const [command, ...rest] = argv;
  if (
    command === undefined ||
    argv.includes("--help") ||
    argv.includes("-h") ||
    command === "help"
  ) {
    return { command: "help" };
  }
  if (command === "--version" || command === "version") return { command: "version" };
  if (command === "models") return { command: "models" };
  if (command !== "check") {
    return {
      command: "refused",
      reason: `"${command}" is not a command; see linearizability --help`,
    };
  }
  try {
    return parseCheck(rest);
  } catch (error) {
    if (error instanceof Refusal) return { command: "refused", reason: error.message };
    throw error;
  }
}
