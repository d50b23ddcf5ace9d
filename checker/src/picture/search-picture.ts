// The picture of a search: every operation with what it answered, the window no order gets past, and
// the longest orders to step through.
import type { PairedOperation } from "../history/operations.js";
import type { CheckResult, PartitionResult } from "../search/check.js";
import type { Model, Operation } from "../search/model.js";
import { describeOperation } from "../search/model.js";
import type { Bar, Focus, Picture, Steps } from "./picture.js";
import { leaseShades } from "./leases.js";
import { Lanes } from "./picture.js";

/** Orders of a legal history are long and need no explaining: the largest partitions only. */
const STEPS_MAX = 12;

const VERDICT_NAMES = {
  ok: "linearizable",
  illegal: "not linearizable",
  unknown: "unknown",
} as const;

function stepsOf(parts: readonly PartitionResult[]): Steps[] {
  const bad = parts.filter((part) => part.verdict !== "ok");
  const shown = bad.length > 0 ? bad : parts;
  const sorted = [...shown].sort((a, b) => b.operations.length - a.operations.length);
  return sorted
    .flatMap((part) =>
      part.linearizations.map(({ order, states }, at) => {
        const key = part.key === "" ? "" : `${part.key}: `;
        const what = part.verdict === "ok" ? "order" : `longest order ${at + 1}`;
        return {
          name: `${key}${what} (${order.length} of ${part.operations.length})`,
          order,
          states,
        };
      }),
    )
    .slice(0, STEPS_MAX);
}

/** Builds the picture of a checked history. */
export function searchPicture<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  recorded: readonly PairedOperation[],
  result: CheckResult,
): Picture {
  const lanes = new Lanes(recorded.map(({ process }) => process));
  const windows = result.partitions.flatMap(({ window }) => (window === undefined ? [] : [window]));
  const blocked = new Set(windows.map((window) => window.blocked));
  const bars = recorded.map((op, index): Bar => {
    const operation = operations[index];
    const kind = blocked.has(index) ? "illegal" : op.outcome;
    return {
      lane: lanes.of(op.process),
      from: op.callTime,
      to: Number.isFinite(op.returnTime) ? op.returnTime : null,
      open: op.outcome === "unknown",
      kind,
      label: operation === undefined ? op.f : describeOperation(model, operation),
      line: op.line,
    };
  });
  const focuses = windows.map(({ operations: members, blocked: at, from }): Focus => {
    // Operations that were open long before the window would stretch it over the whole picture.
    const inside = members.filter((index) => (operations[index]?.call ?? -Infinity) >= from);
    const shown = inside.concat(at).flatMap((index) => bars[index] ?? []);
    return {
      from: shown.reduce((first, bar) => Math.min(first, bar.from), Infinity),
      to: bars[at]?.to ?? 0,
      label: `no order explains ${bars[at]?.label ?? "this"}`,
      bars: [at],
    };
  });
  return {
    title: `${model.name}: ${operations.length} operations`,
    verdict: result.verdict,
    verdictName: VERDICT_NAMES[result.verdict],
    sentence: result.sentence,
    // Without times a reader takes the place in the file.
    unit: recorded.every(({ callTime, line }) => callTime === line) ? "lines" : "us",
    lanes: lanes.names,
    bars,
    shades: leaseShades(recorded, lanes),
    steps: stepsOf(result.partitions),
    focuses,
  };
}
