// Reads a plan from a file that a person may have edited: whatever is not a plan is refused with the
// field that is wrong, because the simulator itself trusts its plans.

import { readFileSync } from "node:fs";
import type { Plan } from "../plan/plan.js";

type Fields = Readonly<Record<string, unknown>>;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What each field of a plan must be. */
const FIELDS: readonly (readonly [
  name: keyof Plan,
  is: (value: unknown) => boolean,
  what: string,
])[] = [
  ["version", (value) => value === 1, "1"],
  ["seed", (value) => typeof value === "string", "text"],
  ["seedHi", Number.isSafeInteger, "a whole number"],
  ["seedLo", Number.isSafeInteger, "a whole number"],
  ["nodes", (value) => isCount(value) && value !== 0, "a positive whole number"],
  ["durationMs", isCount, "a whole number of milliseconds"],
  ["limits", isObject, "an object"],
  ["nodeLimits", (value) => value === undefined || Array.isArray(value), "a list"],
  ["timing", (value) => value === undefined || isObject(value), "an object"],
  ["defaults", (value) => value === undefined || isObject(value), "an object"],
  ["turnsLists", (value) => value === undefined || typeof value === "boolean", "true or false"],
  ["network", isObject, "an object"],
  ["disk", isObject, "an object"],
  ["turnCostUs", isCount, "a whole number"],
  ["eventCostUs", isCount, "a whole number"],
  ["disconnectGraceMs", isCount, "a whole number"],
  ["topics", Array.isArray, "a list"],
  ["operations", Array.isArray, "a list"],
  ["faults", Array.isArray, "a list"],
];

/** The name every entry of a list must carry. */
const ENTRIES = { topics: "topic", operations: "type", faults: "kind" } as const;

/** The plan, or a sentence that says why this is none. */
export function planOf(value: unknown): Plan | string {
  if (!isObject(value)) return "a plan is an object; print one with --seed N --print-plan";
  for (const [name, is, what] of FIELDS) {
    const found = value[name];
    if (is(found)) continue;
    const got = found === undefined ? "it is missing" : `found ${JSON.stringify(found)}`;
    return `"${name}" must be ${what}; ${got}`;
  }
  for (const [list, name] of Object.entries(ENTRIES)) {
    const at = (value[list] as unknown[]).findIndex(
      (entry) => !isObject(entry) || typeof entry[name] !== "string",
    );
    if (at >= 0) return `entry ${at} of "${list}" must be an object with a "${name}"`;
  }
  return value as unknown as Plan;
}

/** The plan in a file, or a sentence that says why there is none. */
export function readPlan(file: string): Plan | string {
  try {
    const plan = planOf(JSON.parse(readFileSync(file, "utf8")));
    return typeof plan === "string" ? `--plan ${file} is not a plan: ${plan}` : plan;
  } catch (error) {
    return `--plan ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
