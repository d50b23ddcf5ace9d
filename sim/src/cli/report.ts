// What a person reads: the plan in a few lines, a failure in words with one command that reproduces it,
// totals, a progress line.

import type { Plan } from "../plan/plan.js";
import type { JobResult } from "./jobs.js";

export function summaryOf(plan: Plan): string {
  const topics = plan.topics.map((t) => `${t.topic} ${t.mode} x${t.partitions}`).join(", ");
  const kinds = [...new Set(plan.faults.map((f) => f.kind))].join(", ") || "none";
  return [
    `seed ${plan.seed} on node ${process.version}`,
    `  ${plan.nodes} nodes; topics ${topics}; ${plan.operations.length} planned operations`,
    `  faults: ${kinds} (${plan.faults.length} in ${plan.durationMs / 1000} s)`,
  ].join("\n");
}

export function commandOf(seed: string, planFile: string | undefined): string {
  return planFile === undefined
    ? `npm run sim -- --seed ${seed}`
    : `npm run sim -- --plan ${planFile}`;
}

export function explain(result: JobResult, planFile: string | undefined): string {
  const { failure, mismatch, seed } = result;
  if (mismatch !== undefined) {
    return `\nseed ${seed}: two runs differ, first at ${mismatch}\n  ${commandOf(seed, planFile)} --twice\n`;
  }
  if (!failure) return "";
  const seen = (name: string, s: typeof failure.first): string[] =>
    s ? [`  ${name}: ${(s.atUs / 1e6).toFixed(6)} s  n${s.node}  ${s.text}`] : [];
  return [
    "",
    `seed ${seed} breaks ${failure.rule}: ${failure.message}`,
    ...seen("first ", failure.first),
    ...seen("second", failure.second),
    ...(failure.recent.length > 0 ? ["  last events about it:"] : []),
    ...failure.recent.map((line) => `    ${line}`),
    `  reproduce: ${commandOf(seed, planFile)}`,
    "",
  ].join("\n");
}

export class Totals {
  private readonly expected: number;
  private readonly planFile: string | undefined;
  private readonly started = Date.now();
  private readonly failed: { seed: string; rule: string; command: string }[] = [];
  private readonly faults = new Map<string, number>();
  private runs = 0;
  private simulatedMs = 0;
  private busyMs = 0;
  private events = 0;
  private clientOps = 0;
  private checked = 0;
  private mismatches = 0;
  private lastProgress = 0;

  constructor(expected: number, planFile?: string) {
    this.expected = expected;
    this.planFile = planFile;
  }

  get isGreen(): boolean {
    return this.failed.length === 0 && this.mismatches === 0;
  }

  add(result: JobResult): void {
    this.runs += 1;
    this.simulatedMs += result.simulatedMs;
    this.busyMs += result.wallMs;
    this.events += result.events;
    this.clientOps += result.clientOps;
    if (result.wasTwice) this.checked += 1;
    if (result.mismatch !== undefined) this.mismatches += 1;
    for (const [kind, n] of result.faults) this.faults.set(kind, (this.faults.get(kind) ?? 0) + n);
    if (!result.failure) return;
    const { seed } = result;
    this.failed.push({ seed, rule: result.failure.rule, command: commandOf(seed, this.planFile) });
  }

  /** One line on stderr, about once a second; nothing when it is no terminal and the run is short. */
  progress(): void {
    const now = Date.now();
    const isTerminal = process.stderr.isTTY;
    if (now - this.lastProgress < (isTerminal ? 500 : 15_000)) return;
    this.lastProgress = now;
    const seconds = (now - this.started) / 1000;
    const left = (seconds / this.runs) * (this.expected - this.runs);
    const line = `${this.runs}/${this.expected} seeds, ${this.failed.length} failed, about ${left.toFixed(0)} s left`;
    process.stderr.write(isTerminal ? `\r${line}   ` : `${line}\n`);
  }

  finish(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  }

  /** Events per second of one core: the sum of events over the sum of the runs' own times. */
  private get eventsPerSecond(): number {
    return Math.round(this.events / Math.max(0.001, this.busyMs / 1000));
  }

  text(): string {
    const faults = [...this.faults].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      `${this.runs} seeds, ${this.failed.length} failed; ${(this.simulatedMs / 1000).toFixed(0)} s simulated in ` +
        `${((Date.now() - this.started) / 1000).toFixed(1)} s; ${this.eventsPerSecond} events/s per core, ` +
        `${this.clientOps} client operations`,
      `faults that took effect: ${faults.map(([kind, n]) => `${kind} ${n}`).join(", ") || "none"}`,
      ...(this.checked > 0
        ? [`determinism: ${this.checked} seeds run twice, ${this.mismatches} mismatches`]
        : []),
    ].join("\n");
  }

  json(): object {
    return {
      seeds: this.runs,
      failed: this.failed,
      simulatedMs: this.simulatedMs,
      wallMs: Date.now() - this.started,
      events: this.events,
      eventsPerSecond: this.eventsPerSecond,
      clientOps: this.clientOps,
      faults: Object.fromEntries([...this.faults].sort(([a], [b]) => (a < b ? -1 : 1))),
      determinism: { checked: this.checked, mismatches: this.mismatches },
    };
  }
}
