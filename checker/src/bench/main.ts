// `npm run bench -w linearizability -- --json`: the figures the package promises, on this machine.
// Histories are made from seeds before the clock starts; times are of the check alone, single runs
// where nothing else is said.
import { cpus } from "node:os";
import { casRegister, kv, kvWhole } from "../model/index.js";
import { monitorPriorityQueue } from "../monitor/priority-queue-monitor.js";
import { checkRankBound } from "../monitor/rank-bound.js";
import type { CheckResult } from "../search/check.js";
import { checkOperations } from "../search/check.js";
import { queueHistory, rankHistory } from "./generate-queue.js";
import { kvLog, registerLog } from "./generate.js";

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "MB";
  /** The promise: at most this. */
  readonly limit: number;
  readonly detail: string;
}

const figures: Figure[] = [];

function report(
  name: string,
  value: number,
  unit: "ms" | "MB",
  limit: number,
  detail: string,
): void {
  figures.push({ name, value: Math.round(value * 100) / 100, unit, limit, detail });
}

interface Run<T> {
  readonly ms: number;
  /** Processor time of all threads of the process, which neighbours on the machine do not stretch. */
  readonly cpuMs: number;
  readonly result: T;
}

function timed<T>(work: () => T): Run<T> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const result = work();
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: Math.round((user + system) / 1000), result };
}

/** The shortest of three runs: on a busy machine the others measure the neighbours. */
function bestOfThree<T>(work: () => T): Run<T> {
  const runs = [timed(work), timed(work), timed(work)];
  return runs.reduce((best, run) => (run.ms < best.ms ? run : best));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function rssMb(): number {
  return process.memoryUsage().rss / 1e6;
}

function benchRegisterLogs(): void {
  const logs = Array.from({ length: 100 }, (_, nth) => registerLog(nth + 1));
  const runs = logs.map((log) => timed(() => checkOperations(casRegister(), log)));
  const illegal = runs.filter(({ result }) => result.verdict === "illegal").length;
  const lost = logs.map((log) => log.filter(({ ret }) => ret === Infinity).length);
  const shape =
    `${median(logs.map((log) => log.length))} operations in the median, ` +
    `${median(lost)} never returned, ${illegal} of 100 illegal`;
  const times = runs.map(({ ms }) => ms);
  report("cas-register log, median", median(times), "ms", 10, shape);
  report(
    "cas-register logs, 100 in a row",
    times.reduce((a, b) => a + b, 0),
    "ms",
    1100,
    shape,
  );
}

function benchKv(): void {
  const run = (legal: boolean, clients: number, whole: boolean) => {
    const log = kvLog(7, clients, 1700, legal);
    return bestOfThree((): CheckResult =>
      checkOperations<unknown, never, never>((whole ? kvWhole() : kv()) as never, log as never),
    );
  };
  const detail = ({ result, cpuMs }: Run<CheckResult>) => {
    const seen = result.partitions.reduce((sum, part) => sum + part.configurations, 0);
    return `best of 3, cpu ${cpuMs} ms, verdict ${result.verdict}, ${seen} configurations`;
  };
  const good = run(true, 50, false);
  report("kv by key, 50 clients, legal", good.ms, "ms", 600, detail(good));
  const bad = run(false, 50, false);
  report("kv by key, 50 clients, illegal", bad.ms, "ms", 200, detail(bad));
  const whole = run(true, 10, true);
  report("kv unpartitioned, 10 clients, legal", whole.ms, "ms", 6000, detail(whole));
  const wholeBad = run(false, 10, true);
  report("kv unpartitioned, 10 clients, illegal", wholeBad.ms, "ms", 6000, detail(wholeBad));
  report("memory of the process after the searches", rssMb(), "MB", 500, "resident set");
}

function benchMonitors(): void {
  for (const processes of [8, 64]) {
    const history = queueHistory(1, 1_000_000, processes);
    const { ms, cpuMs, result } = timed(() => monitorPriorityQueue(history));
    const exact = result.exact ? "exact" : "not exact";
    const detail = `${processes} processes, cpu ${cpuMs} ms, verdict ${result.verdict}, ${exact}`;
    report(`priority-queue monitor, 1,000,000 operations`, ms, "ms", 10_000, detail);
  }
  const { ready, pops } = rankHistory(1, 1_000_000, 100);
  const legal = timed(() => checkRankBound(ready, pops, 100));
  const verdict = legal.result === undefined ? "ok" : "illegal";
  report(
    "rank monitor, 1,000,000 pops, K = 100",
    legal.ms,
    "ms",
    30_000,
    `cpu ${legal.cpuMs} ms, verdict ${verdict}`,
  );
}

benchRegisterLogs();
benchKv();
benchMonitors();

const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`;
if (process.argv.includes("--json")) {
  process.stdout.write(`${JSON.stringify({ machine, figures })}\n`);
} else {
  process.stdout.write(`${machine}\n`);
  for (const { name, value, unit, limit, detail } of figures) {
    const mark = value <= limit ? "ok  " : "OVER";
    process.stdout.write(`${mark} ${name}: ${value} ${unit} (limit ${limit}; ${detail})\n`);
  }
}
process.exitCode = figures.every(({ value, limit }) => value <= limit) ? 0 : 1;
