// The command line of the bursts.

import { parseArgs } from "node:util";
import { UsageError } from "../options.js";
import type { Burst } from "./burst.js";

const THROUGH = ["all", "leader", "follower"] as const;

/** Whom the calls are sent to. */
export type Through = (typeof THROUGH)[number];

const BURSTS: readonly Burst[] = [
  { calls: 400, bytes: 250_000 },
  { calls: 128, bytes: 1_000_000 },
  { calls: 64, bytes: 4_000_000 },
  { calls: 400, bytes: 4_000_000 },
];

export const HELP = `node bench/dist/bursts/main.js [options]

Bursts of large messages at three real nodes with their defaults, each at a new cluster: what came of the calls,
elections, the memory of each node.

  --through NAME  whom the calls are sent to: ${THROUGH.join(", ")} (default: leader, then follower; may be repeated)
  --burst CxB     C calls at once, each with a message of B bytes (default: four sizes; may be repeated)
  --help          this text

Exit codes: 0 measured, 1 something failed, 2 a command line that cannot be used.`;

export interface BurstOptions {
  readonly help: boolean;
  readonly through: readonly Through[];
  readonly bursts: readonly Burst[];
}

export function readBurstOptions(args: readonly string[]): BurstOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", default: false, short: "h" },
        through: { type: "string", multiple: true, default: ["leader", "follower"] },
        burst: { type: "string", multiple: true, default: [] },
      },
    }));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${text.replace(/(?<!\.)$/, ".")} Try --help.`);
  }
  const bursts = values.burst.map(burstOf);
  return {
    help: values.help,
    through: values.through.map(throughOf),
    bursts: bursts.length > 0 ? bursts : BURSTS,
  };
}

function throughOf(text: string): Through {
  const found = THROUGH.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UsageError(`--through is "${text}"; it must be one of ${THROUGH.join(", ")}.`);
}

function burstOf(text: string): Burst {
  const [, calls, bytes] = /^([1-9]\d{0,5})x([1-9]\d{0,8})$/.exec(text) ?? [];
  if (calls !== undefined && bytes !== undefined) {
    return { calls: Number(calls), bytes: Number(bytes) };
  }
  throw new UsageError(
    `--burst is "${text}"; write calls and bytes of each message as 400x250000.`,
  );
}
