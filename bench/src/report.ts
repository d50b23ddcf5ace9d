// The figures as text: one line per row, then what the line cannot say. With several runs every figure is
// the median of its runs, and the spread of the rate stands beside it.

import type { LatencySummary } from "./histogram.js";
import { median } from "./statistics.js";
import type { Result } from "./workloads/workload.js";

interface Column {
  readonly title: string;
  readonly unit: string;
  readonly of: (result: Result) => number | undefined;
  readonly digits?: number;
}

const percent = (share: number | undefined): number | undefined =>
  share === undefined ? undefined : share * 100;

const COLUMNS: readonly Column[] = [
  { title: "rate", unit: "msg/s", of: (r) => r.perSecond, digits: 0 },
  { title: "p50", unit: "ms", of: (r) => r.latency?.p50Ms },
  { title: "p95", unit: "ms", of: (r) => r.latency?.p95Ms },
  { title: "p99", unit: "ms", of: (r) => r.latency?.p99Ms },
  { title: "p99.9", unit: "ms", of: (r) => r.latency?.p999Ms },
  { title: "behind", unit: "msgs", of: (r) => r.behind?.messages, digits: 0 },
  { title: "servers", unit: "CPU us", of: (r) => r.cost?.nodesCpu },
  { title: "client", unit: "CPU us", of: (r) => r.cost?.clientCpu },
  { title: "entry", unit: "msgs", of: (r) => r.cost?.messagesPerEntry },
  { title: "syncs", unit: "/msg", of: (r) => r.cost?.syncsPerMessage },
  { title: "turns", unit: "/msg", of: (r) => r.cost?.turnsPerMessage },
  { title: "frames", unit: "/msg", of: (r) => r.cost?.framesPerMessage },
  { title: "written", unit: "B/msg", of: (r) => r.cost?.writtenBytesPerMessage, digits: 0 },
  { title: "garbage", unit: "B/msg", of: (r) => r.cost?.garbagePerMessage, digits: 0 },
  { title: "gc", unit: "% CPU", of: (r) => percent(r.cost?.gcShare) },
];
const NAME_WIDTH = 16;
const WIDTH = 8;

/** Three digits that mean something, unless the column says how many decimals it wants. */
function figure(value: number, digits?: number): string {
  if (digits !== undefined) return value.toFixed(digits);
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 || value === 0 ? 2 : 4);
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
    const text = values.length === 0 ? "" : figure(median(values), digits);
    return ` ${text}`.padStart(WIDTH);
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
    const tail = `p99 ${of("p99Ms")}, p99.9 ${of("p999Ms")} ms`;
    lines.push(`${name}: p50 ${of("p50Ms")}, p95 ${of("p95Ms")}, ${tail}`);
  }
  for (const run of runs) lines.push(...notesOfRun(run));
  return lines;
}

function notesOfRun(run: Result): string[] {
  const lines: string[] = [];
  const byProcess = run.cost?.byProcess ?? [];
  if (byProcess.length > 1) {
    const cpu = byProcess.map(({ name, cpu: us }) => `${name} ${figure(us)}`).join(", ");
    const leaders = Object.entries(run.leaders ?? {}).map(([name, n]) => `${name} ${n}`);
    const led = leaders.length === 0 ? "" : `; partitions led: ${leaders.join(", ")}`;
    lines.push(`CPU us a message: ${cpu}, client ${figure(run.cost?.clientCpu ?? 0)}${led}`);
  }
  if (run.behind !== undefined) lines.push(behindLine(run.behind, run.seconds));
  if (run.memory !== undefined) {
    const list = (values: readonly number[]): string => values.map((v) => figure(v, 0)).join(", ");
    const { queued, rssBytes, heapAndExternalBytes } = run.memory;
    lines.push(`${queued} queued; bytes a message by node, payload included: resident`);
    lines.push(`  ${list(rssBytes)}; heap and external ${list(heapAndExternalBytes)}`);
  }
  lines.push(...(run.says ?? []));
  if (run.goal !== undefined) {
    const { says, value, max, met } = run.goal;
    lines.push(`goal ${met ? "met" : "MISSED"}: ${says}: ${figure(value)} (limit ${max})`);
  }
  if (run.failed > 0) lines.push(`FAILED operations: ${run.failed}; first: ${run.firstError}`);
  return lines;
}

/** Of what was enqueued: a backlog that grows by more is no chance. */
const KEEPS_UP_SHARE = 0.05;

function behindLine(behind: NonNullable<Result["behind"]>, seconds: number): string {
  const { enqueuedPerSecond, messages, grewBy, drainedMs, left } = behind;
  const word = grewBy > enqueuedPerSecond * seconds * KEEPS_UP_SHARE ? "FALLS BEHIND" : "keeps up";
  const end =
    drainedMs === undefined
      ? `${left} were still there when the bench gave up`
      : `the rest took ${figure(drainedMs / 1000)} s`;
  const grew = `behind by ${messages}, ${grewBy >= 0 ? "+" : ""}${grewBy} in the measured part`;
  return `${word}: ${figure(enqueuedPerSecond, 0)} enqueues/s; ${grew}; ${end}`;
}
