// docs/api/limits.md, made of the table of limits. The refusals on it are what a host says.

import { problemIn, rangeOf, timeText } from "../../src/contract/limits/judge.js";
import {
  group,
  type FieldRule,
  type NodeLimits,
  type WholeRule,
} from "../../src/contract/limits/rule.js";
import { FIELDS, GROUPS, limitIn } from "./limits-fields.js";

const COLUMNS = 112;

const INTRO = `# Limits: every field of the API

Recorded from the rules in \`core/src/contract/limits\` by \`RECORD_LIMITS=1 npx vitest run core/test/contract\`; a test
fails when this page is not what they say. The host judges every request by them, once, whatever it came through,
before it looks at any state. What is refused is \`INVALID_ARGUMENT\`, with a sentence that names the field, what was
found and what to send; below it stands for a value just outside. Numbers that a setting changes are those of a
node without settings. What depends on a topic's state is in [the contract](../contract.md).
`;

const TITLES: Readonly<Record<string, string>> = {
  "topic.create": "MakeHeap",
  "topic.delete": "DeleteHeap",
  "topic.list": "ListHeaps",
  stats: "Stats",
  peek: "Peek",
  enqueue: "Enqueue",
  ack: "Ack",
  nack: "Nack",
  release: "Release (`disheap.v1.Admin`)",
  extend: "Extend",
  "stream.filter": "PopStream: filter",
  "stream.credits": "PopStream: flow_control",
  session: "Session: numbers and counts of a frame",
};

const SETTINGS: Readonly<Record<keyof NodeLimits, string>> = {
  partitionsPerTopicMax: "ENGINE_MAX_PARTITIONS_PER_HEAP",
  payloadBytesMax: "ENGINE_MAX_MESSAGE_SIZE",
  visibilityMs: "ENGINE_DEFAULT_VISIBILITY_TIMEOUT",
  replicationFactor: "DEFAULT_RF",
};

/** Of one item of a list, broken before the margin. */
function wrapped(text: string, mark: string): string {
  let line = mark;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    if (`${line} ${word}`.length > COLUMNS) {
      lines.push(line);
      line = " ";
    }
    line += ` ${word}`;
  }
  return [...lines, line].join("\n");
}

function settingOf(limit: number | keyof NodeLimits): string {
  return typeof limit === "number" ? "" : ` (\`${SETTINGS[limit]}\`)`;
}

function amount({ unit }: WholeRule, value: number): string {
  return unit === "ms" ? timeText(value) : unit === "bytes" ? `${value} bytes` : String(value);
}

function wholeText(rule: WholeRule, node: NodeLimits): string {
  const { absent, raisedTo, cutTo } = rule;
  const zero = rule.isZeroAbsent ? "0 or left out" : "Left out";
  const parts = [`${rangeOf(rule, node)}${settingOf(rule.max)}.`];
  if (raisedTo !== undefined)
    parts.push(`Below ${timeText(raisedTo)} means ${timeText(raisedTo)}.`);
  if (cutTo !== undefined) parts.push(`Above ${cutTo} means ${cutTo}.`);
  if (absent === "refused") parts.push("Required.");
  else if ("means" in absent) parts.push(`${zero}: ${absent.means}.`);
  else {
    const value = amount(rule, limitIn(absent.default, node));
    parts.push(`${zero}: ${value}${settingOf(absent.default)}.`);
  }
  return parts.join(" ");
}

function ruleText(rule: FieldRule, node: NodeLimits): string {
  switch (rule.kind) {
    case "whole":
      return wholeText(rule, node);
    case "half": {
      const range = rule.isSigned
        ? "any int64"
        : rule.isZeroRefused
          ? "uint64 above 0"
          : "any uint64";
      return `${range}.`;
    }
    case "text": {
      const says = rule.says.replace(/^it (must|may) be /, "").replace(/^it must have /, "");
      return `${says}. ${rule.absent === "refused" ? "Required." : `Left out: ${rule.absent.means}.`}`;
    }
    case "choice":
      return `${rule.says}. Left out: ${rule.default}.`;
    case "bytes": {
      const max = limitIn(rule.max, node);
      return `from 1 to ${max} bytes${settingOf(rule.max)}. Required.`;
    }
    case "flag":
      return `true or false. Left out: ${String(rule.default)}.`;
    case "list":
      return `each from ${rule.min} to ${rule.max}. Left out: ${rule.means}.`;
  }
}

/** A value that the wire can carry and the rule refuses; undefined where there is none. */
function wrongValue(rule: FieldRule, node: NodeLimits): unknown {
  switch (rule.kind) {
    case "whole": {
      const max = limitIn(rule.max, node);
      if (max < 2 ** 32 - 1 || rule.unit === "ms") return max + 1;
      return rule.min > 1 ? rule.min - 1 : undefined;
    }
    case "text":
      return ["a b", "x".repeat(256)].find((text) => !rule.form.test(text));
    case "choice":
      return "2";
    case "bytes":
      return new Uint8Array(limitIn(rule.max, node) + 1);
    case "half":
      return rule.isZeroRefused ? 0 : undefined;
    default:
      return undefined;
  }
}

function itemOf(rule: FieldRule, node: NodeLimits): string {
  const value = wrongValue(rule, node);
  // Both halves of a 64-bit integer have the rule's name; one of each is all that its refusal needs.
  const halves = { high: { ...rule, isHigh: true }, low: { ...rule, isHigh: false } };
  const rules = rule.kind === "half" ? (halves as Record<string, FieldRule>) : { value: rule };
  const refusal =
    value === undefined
      ? undefined
      : problemIn(group(rules), { value, high: value, low: value }, node);
  const note = rule.note === undefined ? "" : ` ${rule.note}`;
  const says = wrapped(`\`${rule.name}\`: ${ruleText(rule, node)}${note}`, "-");
  return refusal === undefined ? says : `${says}\n${wrapped(`Refusal: ${refusal}`, " ")}`;
}

export function limitsPage(node: NodeLimits): string {
  const sections = Object.keys(GROUPS).map((of) => {
    const items = FIELDS.filter((field) => field.of === of).map(({ rule }) => itemOf(rule, node));
    return `\n## ${TITLES[of]}\n\n${[...new Set(items)].join("\n")}\n`;
  });
  return INTRO + sections.join("");
}
