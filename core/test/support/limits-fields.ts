// The fields of the table of limits one by one, and what the table itself says of a value: read off the rule's
// data here, without the code that judges requests.

import type { FieldRule, GroupRule, NodeLimits } from "../../src/contract/limits/rule.js";
import { SESSION } from "../../src/contract/limits/sessions.js";
import { CREDITS, FILTER } from "../../src/contract/limits/streams.js";
import { LIMITS } from "../../src/contract/limits/table.js";

export interface FieldOf {
  /** The operation, or the stream's event. */
  readonly of: string;
  readonly path: readonly string[];
  readonly rule: FieldRule;
}

export const GROUPS: Readonly<Record<string, GroupRule>> = {
  ...LIMITS,
  "stream.filter": FILTER,
  "stream.credits": CREDITS,
  session: SESSION,
};

function fieldsIn(of: string, group: GroupRule, path: readonly string[]): FieldOf[] {
  return group.rows.flatMap(([key, rule]) =>
    rule.kind === "group"
      ? fieldsIn(of, rule, [...path, key])
      : [{ of, path: [...path, key], rule }],
  );
}

export const FIELDS: readonly FieldOf[] = Object.entries(GROUPS).flatMap(([of, group]) =>
  fieldsIn(of, group, []),
);

export function limitIn(limit: number | keyof NodeLimits, node: NodeLimits): number {
  return typeof limit === "number" ? limit : node[limit];
}

function isInteger(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** Whether the table lets the value in. */
export function allows(rule: FieldRule, value: unknown, node: NodeLimits): boolean {
  switch (rule.kind) {
    case "whole": {
      const isAbsent = value === undefined || (value === 0 && rule.isZeroAbsent === true);
      if (isAbsent) return rule.absent !== "refused";
      return isInteger(value, rule.min, limitIn(rule.max, node));
    }
    case "half": {
      if (value === undefined) return rule.isOptional === true;
      if (!rule.isHigh || !rule.isSigned) return isInteger(value, 0, 2 ** 32 - 1);
      return isInteger(value, -(2 ** 31), 2 ** 31 - 1);
    }
    case "text": {
      const isOptional = rule.absent !== "refused";
      if (value === undefined) return isOptional;
      if (value === "") return isOptional && !rule.isEmptyRefused;
      return typeof value === "string" && rule.form.test(value);
    }
    case "bytes": {
      const { length } = value instanceof Uint8Array ? value : [];
      return length > 0 && length <= limitIn(rule.max, node);
    }
    case "choice":
      return value === undefined || rule.among.includes(value as string);
    case "flag":
      return [undefined, true, false].includes(value as boolean);
    case "list":
      return Array.isArray(value) && value.every((one) => isInteger(one, rule.min, rule.max));
  }
}

const HOSTILE = [
  ...[undefined, null, true, {}, [], "", "5", -1, 0, -0, 0.5, Number.NaN, Infinity, -Infinity],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -(2 ** 53)],
  ...["a\n", "a b", "\u0000", "__proto__", "a".repeat(255), "a".repeat(256), "\ud800"],
];

/** Values at both ends of the range and just beyond, and what no honest client sends. */
export function edgesOf(rule: FieldRule, node: NodeLimits): unknown[] {
  switch (rule.kind) {
    case "whole": {
      const max = limitIn(rule.max, node);
      return [rule.min - 1, rule.min, rule.min + 0.5, max - 1, max, max + 1, ...HOSTILE];
    }
    case "bytes": {
      const max = limitIn(rule.max, node);
      return [0, 1, max, max + 1].map((n) => new Uint8Array(n)).concat(HOSTILE as never);
    }
    case "list":
      return [[0, 0], [0, -1], [rule.max, 0.5], [rule.max + 1], [0, "0"], ...HOSTILE];
    case "choice":
      return [...rule.among, "min", "0", ...HOSTILE];
    default:
      return HOSTILE;
  }
}
