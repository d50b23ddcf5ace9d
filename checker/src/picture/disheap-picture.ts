// The picture of a Disheap history: operations per client, leases shaded in their consumer's lane,
// and one focus per violated rule on the lines that contradict each other.
import type { DisheapReport } from "../disheap/check.js";
import type { HistoryLine } from "../history/line.js";
import type { PairedOperation } from "../history/operations.js";
import { pairOperations } from "../history/operations.js";
import type { Violation } from "../monitor/violation.js";
import { textOf } from "../value/text.js";
import type { Bar, Focus, Picture, Shade } from "./picture.js";
import { Lanes } from "./picture.js";

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : textOf(value ?? "");
}

function labelOf(op: PairedOperation): string {
  const input = fieldsOf(op.input);
  const output = fieldsOf(op.output);
  const id = output.messageId ?? input.messageId ?? input.payload ?? "";
  const parts: unknown[] = [op.f, id, input.topic];
  if (input.priority !== undefined) parts.push(`priority ${shown(input.priority)}`);
  const fence = output.fence ?? input.fence;
  if (fence !== undefined) parts.push(`fence ${shown(fence)}`);
  if (output.attempts !== undefined) parts.push(`attempt ${shown(output.attempts)}`);
  if (op.outcome === "fail") parts.push(`refused ${shown(output.code)}`);
  if (op.outcome === "unknown") parts.push("outcome unknown");
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

function leaseKey(value: unknown): string {
  const { topic, messageId, fence } = fieldsOf(value);
  return textOf([topic, messageId, fence]);
}

/** From each delivery to its first ack, nack or release, its expiry, or the end of what is known. */
function leases(
  lines: readonly HistoryLine[],
  operations: readonly PairedOperation[],
  lanes: Lanes,
  lastTime: number,
): Shade[] {
  const ends = new Map<string, number>();
  for (const { type, f, time, value } of lines) {
    if (type === "event" && f === "lease.expired") ends.set(leaseKey(value), time ?? lastTime);
  }
  for (const op of operations) {
    if (!["ack", "nack", "release"].includes(op.f) || op.outcome === "fail") continue;
    const key = leaseKey(op.input);
    if (!ends.has(key)) ends.set(key, Number.isFinite(op.returnTime) ? op.returnTime : lastTime);
  }
  return operations.flatMap((op) => {
    if (op.f !== "pop" || op.outcome !== "ok") return [];
    const key = leaseKey(op.output);
    const { deadlineMs, enqueuedMs, messageId, fence } = fieldsOf(op.output);
    const to = Math.max(op.returnTime, ends.get(key) ?? lastTime);
    const label =
      `lease of ${shown(messageId)}, fence ${shown(fence)}` +
      (ends.has(key) ? "" : `, never settled (deadline ${shown(deadlineMs)} ms group time)`) +
      `, enqueued at ${shown(enqueuedMs)} ms`;
    return [{ lane: lanes.of(op.process), from: op.returnTime, to, label }];
  });
}

function focusOf(
  found: Violation,
  barOfLine: ReadonlyMap<number, number>,
  bars: readonly Bar[],
): Focus {
  const involved = [...new Set(found.evidence.flatMap(({ index }) => barOfLine.get(index) ?? []))];
  const times = found.evidence.flatMap(({ line }) => line.time ?? []);
  for (const at of involved) times.push(bars[at]?.from ?? 0);
  return {
    from: times.reduce((a, b) => Math.min(a, b), Infinity),
    to: times.reduce((a, b) => Math.max(a, b), -Infinity),
    label: `${found.rule}: ${found.sentence}`,
    bars: involved,
  };
}

/** Builds the picture of a checked Disheap history. */
export function disheapPicture(lines: readonly HistoryLine[], report: DisheapReport): Picture {
  const operations = pairOperations(lines);
  const lastTime = lines.reduce((last, line) => Math.max(last, line.time ?? 0), 0);
  const broken = report.guarantees.flatMap((one) =>
    one.rules.flatMap(({ violation }) => (violation === undefined ? [] : [violation])),
  );
  const guilty = new Set(broken.flatMap(({ evidence }) => evidence.map(({ index }) => index)));
  const isGuilty = ({ call, ret }: PairedOperation): boolean => guilty.has(call) || guilty.has(ret);
  const lanes = new Lanes(
    operations.map(({ process }) => process),
    operations.filter(isGuilty).map(({ process }) => process),
  );
  const barOfLine = new Map<number, number>();
  const bars = operations.map((op, at): Bar => {
    barOfLine.set(op.call, at);
    if (Number.isFinite(op.ret)) barOfLine.set(op.ret, at);
    return {
      lane: lanes.of(op.process),
      from: op.callTime,
      to: Number.isFinite(op.returnTime) ? op.returnTime : null,
      open: op.outcome === "unknown",
      kind: isGuilty(op) ? "illegal" : op.outcome,
      label: labelOf(op),
      line: op.line,
    };
  });
  const held = report.guarantees.filter((one) => one.verdict === "ok").length;
  return {
    title: `Disheap history: ${operations.length} operations`,
    verdict: report.verdict === "ok" ? "ok" : "illegal",
    verdictName: report.verdict === "ok" ? "no violation found" : "violated",
    sentence:
      broken.map(({ rule, sentence }) => `${rule}: ${sentence}`).join(" · ") ||
      `${held} of ${report.guarantees.length} guarantees had something to judge`,
    unit: "us",
    lanes: lanes.names,
    bars,
    shades: leases(lines, operations, lanes, lastTime),
    steps: [],
    focuses: broken.map((found) => focusOf(found, barOfLine, bars)),
  };
}
