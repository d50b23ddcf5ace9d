// The figures as text: one line per row, then what the line cannot say. With several runs every figure is
// the median of its runs, and the spread of the rate stands beside it.

import type { LatencySummary } from "./histogram.js";
import type { Result } from "./workloads/workload.js";

interface Column {
  readonly title: string;
  readonly unit: string;
  readonly of: (result: Result) => number | undefined;
  readonly digits?: number;
}

const COLUMNS: readonly Column[] = [
  { title: "rate", unit: "msg/s", of: (r) => r.perSecond, digits: 0 },
  { title: "p50", unit: "ms", of: (r) => r.latency?.p50Ms },
  { title: "p95", unit: "ms", of: (r) => r.latency?.p95Ms },
  { title: "p99", unit: "ms", of: (r) => r.latency?.p99Ms },
  { title: "max", unit: "ms", of: (r) => r.latency?.maxMs },
  { title: "nodes", unit: "CPU s/M", of: (r) => r.cost?.nodesCpu, digits: 0 },
  { title: "client", unit: "CPU s/M", of: (r) => r.cost?.clientCpu, digits: 0 },
  { title: "syncs", unit: "/msg", of: (r) => r.cost?.syncsPerMessage },
  { title: "turns", unit: "/msg", of: (r) => r.cost?.turnsPerMessage },
  { title: "frames", unit: "/msg", of: (r) => r.cost?.framesPerMessage },
  { title: "written", unit: "B/msg", of: (r) => r.cost?.writtenBytesPerMessage, digits: 0 },
];
const NAME_WIDTH = 14;
const WIDTH = 9;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Three digits that mean something, unless the column says how many decimals it wants. */
function figure(value: number, digits?: number): string {
  if (digits !== undefined) return value.toFixed(digits);
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

export function heading(): string[] {
  const line = (text: (column: Column) => string): string =>
    COLUMNS.map((column) => text(column).padStart(WIDTH)).join("");
  return [
    " ".repeat(NAME_WIDTH) + line(({ title }) => title),
    " ".repeat(NAME_WIDTH) + line(({ unit }) => unit),
  ];
}

/** One line over all runs of one row. */
export function row(runs: readonly Result[]): string {
  const cells = COLUMNS.map(({ of, digits }) => {
    const values = runs.map(of).filter((value) => value !== undefined);
    return (values.length === 0 ? "" : figure(median(values), digits)).padStart(WIDTH);
  });
  return (runs[0]?.name ?? "").padEnd(NAME_WIDTH) + cells.join("");
}

/** What stands under a row, indented: parts, leaders, memory, goal, failures. */
export function notes(runs: readonly Result[]): string[] {
  const lines: string[] = [];
  const [first] = runs;
  if (first === undefined) return lines;
  if (runs.length > 1) {
    const rates = runs.map(({ perSecond }) => perSecond);
    const [low, high] = [Math.min(...rates), Math.max(...rates)];
    lines.push(`rate of ${runs.length} runs: ${figure(low, 0)} to ${figure(high, 0)} msg/s`);
  }
  for (const name of Object.keys(first.parts ?? {})) {
    const of = (field: keyof LatencySummary): string =>
      figure(median(runs.map((run) => run.parts?.[name]?.[field] ?? 0)));
    lines.push(`${name}: p50 ${of("p50Ms")}, p95 ${of("p95Ms")}, p99 ${of("p99Ms")} ms`);
  }
  for (const run of runs) lines.push(...notesOfRun(run));
  return lines;
}

function notesOfRun(run: Result): string[] {
  const lines: string[] = [];
  const perNode = run.cost?.perNodeCpu ?? [];
  if (perNode.length > 1) {
    const cpu = perNode.map((value, i) => `n${i + 1} ${figure(value, 0)}`).join(", ");
    const leaders = Object.entries(run.leaders ?? {}).map(([name, n]) => `${name} ${n}`);
    const led = leaders.length === 0 ? "" : `; partitions led: ${leaders.join(", ")}`;
    lines.push(`CPU s/M by node: ${cpu}${led}`);
  }
  if (run.memory !== undefined) {
    const list = (values: readonly number[]): string => values.map((v) => figure(v, 0)).join(", ");
    const { queued, rssBytes, heapAndExternalBytes } = run.memory;
    lines.push(`${queued} queued; bytes a message by node, payload included: resident`);
    lines.push(`  ${list(rssBytes)}; heap and external ${list(heapAndExternalBytes)}`);
  }
  if (run.goal !== undefined) {
    const { says, value, max, met } = run.goal;
    lines.push(`goal ${met ? "met" : "MISSED"}: ${says}: ${figure(value)} (limit ${max})`);
  }
  if (run.failed > 0) lines.push(`FAILED operations: ${run.failed}; first: ${run.firstError}`);
  return lines;
}
