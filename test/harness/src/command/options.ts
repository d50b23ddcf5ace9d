// The command line of the harness.

import { parseArgs } from "node:util";
import type { Env } from "../env.js";

const NODES_MAX = 7;

export const USAGE = `node test/harness/dist/main.js [--nodes N] [--env NAME=VALUE]... [--cuttable]

  --nodes N         how many nodes to start, 1 to ${NODES_MAX} (default: 3)
  --env NAME=VALUE  a setting of every node; may be given several times
  --cuttable        the nodes can be cut off from each other
  --help            this text

Prints one line of JSON once all nodes are healthy, then reads commands, one JSON object a line, and
answers each with one line. Everything ends when the standard input is closed. test/harness/README.md

Exit codes: 0 the input was closed, 1 the nodes did not get healthy, 2 a command line that cannot be used.`;

export interface Options {
  readonly nodes: number;
  readonly env: Env;
  readonly isCuttable: boolean;
}

/** Undefined: the usage is wanted. A command line that cannot be used is an error that says why. */
export function readOptions(argv: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      nodes: { type: "string", default: "3" },
      env: { type: "string", multiple: true, default: [] },
      cuttable: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    nodes: countOf(values.nodes),
    env: Object.fromEntries(values.env.map(settingOf)),
    isCuttable: values.cuttable,
  };
}

function countOf(text: string): number {
  const count = /^\d$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= NODES_MAX) return count;
  throw new Error(`--nodes is "${text}"; give a whole number from 1 to ${NODES_MAX}.`);
}

function settingOf(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new Error(`--env is "${text}"; write it as NAME=VALUE.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
