// How one setting is read: text in, value out, or a sentence that says what to write instead.

import { z } from "zod";
import type { ClusterMember } from "@disheap/core";
import { type Address, parseAddress } from "./address.js";

const DURATION_UNITS_MS = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** A parser as a zod schema: `undefined` from `parse` becomes the problem `hint`. */
function textOf<T>(parse: (text: string) => T | undefined, hint: string): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value === undefined) {
      context.issues.push({ code: "custom", message: hint, input: text });
      return z.NEVER;
    }
    return value;
  });
}

export function integerText(min: number, max: number): z.ZodType<number, string> {
  return textOf(
    (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    `give a whole number from ${String(min)} to ${String(max)}.`,
  );
}

export const switchText = textOf((text) => {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  return /^(false|0|no|off)$/i.test(text) ? false : undefined;
}, "write true or false.");

export const addressText: z.ZodType<Address, string> = textOf(
  parseAddress,
  "write HOST:PORT, for example 127.0.0.1:9090.",
);

export function durationText(minMs: number, maxMs: number): z.ZodType<number, string> {
  return textOf(
    (text) => {
      const match = /^(\d{1,12})(ms|s|m|h)$/.exec(text);
      if (match === null) return undefined;
      const ms = Number(match[1]) * (DURATION_UNITS_MS.get(match[2] ?? "") ?? Number.NaN);
      return ms >= minMs && ms <= maxMs ? ms : undefined;
    },
    `write a time such as 500ms, 30s, 5m or 1h, from ${String(minMs)}ms to ${String(maxMs)}ms.`,
  );
}

export function oneOf<const T extends string>(...choices: T[]): z.ZodType<T, string> {
  return textOf(
    (text) => choices.find((choice) => choice === text.toLowerCase()),
    `write ${choices.join(" or ")}.`,
  );
}

export const NODE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;

export const nodeNameText = textOf(
  (text) => (NODE_NAME.test(text) ? text : undefined),
  "use 1 to 63 letters, digits, dots, dashes or underscores, starting with a letter or digit.",
);

/** A voter list of consensus groups cannot be longer. */
const MEMBERS_MAX = 7;

export const clusterText: z.ZodType<readonly ClusterMember[], string> = textOf(
  parseCluster,
  `write NAME=HOST:PORT for each member, separated by commas, 1 to ${String(MEMBERS_MAX)} of them, ` +
    "names and addresses all different: n1=10.0.0.1:8300,n2=10.0.0.2:8300,n3=10.0.0.3:8300.",
);

function parseCluster(text: string): readonly ClusterMember[] | undefined {
  const members: ClusterMember[] = [];
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const [name = "", address = "", ...rest] = part.trim().split("=");
    const parsed = parseAddress(address);
    if (!NODE_NAME.test(name) || parsed === undefined || parsed.host === "" || rest.length > 0) {
      return undefined;
    }
    if (seen.has(name) || seen.has(address)) return undefined;
    seen.add(name).add(address);
    members.push({ name, address });
  }
  return members.length <= MEMBERS_MAX ? members : undefined;
}
