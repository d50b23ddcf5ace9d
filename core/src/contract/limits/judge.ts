// Applies the rules of fields. A refusal names the field, what was found and what to send instead; what is
// raised, cut or filled in shows in the answer.

import type {
  BytesRule,
  FieldRule,
  GroupRule,
  HalfRule,
  Limit,
  NodeLimits,
  TextRule,
  WholeRule,
} from "./rule.js";
import { DAY_MS, HOUR_MS } from "./units.js";

/** The first thing that is wrong with a request or a part of one, as a sentence. */
export function problemIn(group: GroupRule, given: object, node: NodeLimits): string | undefined {
  const values = given as Readonly<Record<string, unknown>>;
  for (const [key, rule] of group.rows) {
    const problem = fieldProblem(rule, values[key], node);
    if (problem !== undefined) return problem;
  }
  return zeroProblem(group, values);
}

/** The same of one field that came by itself. */
export function fieldProblem(
  rule: FieldRule | GroupRule,
  value: unknown,
  node: NodeLimits,
): string | undefined {
  switch (rule.kind) {
    case "group":
      if (value === undefined) return undefined;
      return typeof value === "object" && value !== null
        ? problemIn(rule, value, node)
        : `the request holds ${shown(value)} where fields belong.`;
    case "whole":
      return wholeProblem(rule, value, node);
    case "half":
      return halfProblem(rule, value);
    case "text":
      return textProblem(rule, value);
    case "bytes":
      return bytesProblem(rule, value, node);
    case "choice":
      if (value === undefined || rule.among.includes(value as string)) return undefined;
      return `${rule.name}: is ${shown(value)}; it must be ${rule.says}.`;
    case "flag":
      if (value === undefined || typeof value === "boolean") return undefined;
      return `${rule.name}: is ${shown(value)}; it must be true or false.`;
    case "list": {
      if (!Array.isArray(value)) return `${rule.name}: is ${shown(value)}; it must be a list.`;
      const wrong = (value as unknown[]).findIndex((one) => !isWithin(one, rule.min, rule.max));
      if (wrong < 0) return undefined;
      return `${rule.name}: names ${shown(value[wrong])}; each must be from ${rule.min} to ${rule.max}.`;
    }
  }
}

function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

function isAbsent(rule: WholeRule, value: unknown): boolean {
  return value === undefined || (value === 0 && rule.isZeroAbsent === true);
}

function wholeProblem(rule: WholeRule, value: unknown, node: NodeLimits): string | undefined {
  const { name, unit, absent, advice } = rule;
  if (isAbsent(rule, value) ? absent !== "refused" : isWithin(value, rule.min, maxOf(rule, node))) {
    return undefined;
  }
  const isMissing = absent === "refused" && (value === undefined || value === 0);
  const found = isMissing ? "missing or 0" : `${shown(value)}${unit === "" ? "" : ` ${unit}`}`;
  return `${name}: is ${found}; it must be ${rangeOf(rule, node)}${advice === undefined ? "" : `; ${advice}`}.`;
}

function halfProblem(rule: HalfRule, value: unknown): string | undefined {
  const { name, isHigh, isSigned } = rule;
  if (value === undefined && rule.isOptional === true) return undefined;
  const min = isHigh && isSigned ? -0x8000_0000 : 0;
  const max = isHigh && isSigned ? 0x7fff_ffff : 0xffff_ffff;
  if (isWithin(value, min, max)) return undefined;
  const half = isHigh ? "high" : "low";
  return `${name}: has ${shown(value)} as its ${half} half; it must be an integer of 64 bits.`;
}

/** 64-bit integers of which both halves are there and 0, where 0 is refused. */
function zeroProblem(
  group: GroupRule,
  values: Readonly<Record<string, unknown>>,
): string | undefined {
  let high: unknown;
  for (const [key, rule] of group.rows) {
    if (rule.kind !== "half" || rule.isZeroRefused !== true) continue;
    if (rule.isHigh) high = values[key];
    else if (high === 0 && values[key] === 0) {
      return `${rule.name}: is 0; it must be above 0, for example the producer's start in unix seconds.`;
    }
  }
  return undefined;
}

function textProblem(rule: TextRule, value: unknown): string | undefined {
  const { name, form, says } = rule;
  const mayBeAbsent = rule.absent !== "refused";
  if (value === undefined && mayBeAbsent) return undefined;
  if (value === "") {
    return mayBeAbsent && !rule.isEmptyRefused ? undefined : `${name}: is empty; ${says}.`;
  }
  if (typeof value === "string" && form.test(value)) return undefined;
  return `${name}: is ${shown(value)}; ${says}.`;
}

function bytesProblem(rule: BytesRule, value: unknown, node: NodeLimits): string | undefined {
  const { name, advice } = rule;
  if (!(value instanceof Uint8Array)) return `${name}: is ${shown(value)}; it must be bytes.`;
  if (value.length === 0) return `${name}: is empty; send at least one byte.`;
  const max = limitOf(rule.max, node);
  if (value.length <= max) return undefined;
  return `${name}: has ${value.length} bytes, but a message carries at most ${max}; ${advice}.`;
}

/** What a field that was judged stands for: the default where it was left out, raised or cut where it is. */
export function taken(
  rule: WholeRule & { readonly absent: { readonly default: Limit } },
  value: number | undefined,
  node: NodeLimits,
): number {
  const given =
    value === undefined || isAbsent(rule, value) ? limitOf(rule.absent.default, node) : value;
  return Math.min(rule.cutTo ?? Infinity, Math.max(rule.raisedTo ?? 0, given));
}

function limitOf(limit: Limit, node: NodeLimits): number {
  return typeof limit === "number" ? limit : node[limit];
}

function maxOf(rule: WholeRule, node: NodeLimits): number {
  return limitOf(rule.max, node);
}

/** In words, with times as people say them. */
export function rangeOf(rule: WholeRule, node: NodeLimits): string {
  const max = maxOf(rule, node);
  if (rule.unit === "bytes") return `from ${rule.min} to ${max} bytes`;
  if (rule.unit === "") return `from ${rule.min} to ${max}`;
  return rule.min === 1 ? `above 0 and at most ${timeText(max)}` : `from 0 to ${timeText(max)}`;
}

export function timeText(ms: number): string {
  if (ms % DAY_MS === 0 && ms > DAY_MS) return `${ms / DAY_MS} days`;
  if (ms % HOUR_MS === 0 && ms > HOUR_MS) return `${ms / HOUR_MS} hours`;
  if (ms % 1000 === 0 && ms > 1000) return `${ms / 1000} seconds`;
  return `${ms} ms`;
}

/** What was found, on one line and never a long one. */
function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
    case "number":
    case "boolean":
      return `${value}`;
    case "undefined":
      return "missing";
    default:
      return value === null ? "null" : `of type ${typeof value}`;
  }
}
