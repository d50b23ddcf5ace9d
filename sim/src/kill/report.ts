// What a person or a script reads: a row or a JSON line per mutant as it ends, one with the totals at the
// end, and progress on standard error.

import type { Kill } from "./hunt.js";
import type { Mutant } from "./mutant.js";

/** One mutant's end. */
export interface Outcome extends Kill {
  readonly mutant: Mutant;
  /** Since all began, by the clock on the wall. */
  readonly atSeconds: number;
}

const WIDTHS = [10, 9, 11, 6, 6, 8, 7] as const;

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < WIDTHS.length ? cell.padEnd(WIDTHS[i]) : cell)).join(" ");
}

export function tableHead(): string {
  return row(["mutant", "", "rule", "seed", "tried", "cpu s", "at", "title"]);
}

/** A mutant is expected to die, one that nothing can tell from the original to live. */
export function isAsExpected({ killed, mutant }: Outcome): boolean {
  return killed === (mutant.equivalent === undefined);
}

function stateOf(outcome: Outcome): string {
  if (isAsExpected(outcome)) return outcome.killed ? "killed" : "lived";
  return outcome.killed ? "KILLED" : "SURVIVED";
}

/** A seed killed it by a rule that its file does not name: the rule that it was written for may be blind to it. */
function isByAnotherRule({ rule, seed, mutant }: Outcome): boolean {
  return seed !== null && rule !== null && !mutant.expect.includes(rule);
}

function remarkOf(outcome: Outcome): string {
  const { killed, mutant, situation, passedOver } = outcome;
  const remarks: string[] = [];
  if (isByAnotherRule(outcome)) remarks.push(`its file expects ${mutant.expect.join(", ")}`);
  if (situation !== null) remarks.push(`killed by ${situation}`);
  if (mutant.equivalent !== undefined) {
    remarks.push(killed ? "its file says that nothing can kill it" : "as its file says");
  }
  if (passedOver.length > 0) {
    remarks.push(`not counted, for it fails without the bug too: ${passedOver.join(", ")}`);
  }
  return remarks.map((remark) => `; ${remark}`).join("");
}

export function tableRow(outcome: Outcome): string {
  const { id, rule, seed, seedsTried, cpuSeconds, situation, atSeconds, mutant } = outcome;
  return row([
    id,
    stateOf(outcome),
    rule ?? (situation === null ? "-" : "situation"),
    seed === null ? "-" : String(seed),
    String(seedsTried),
    cpuSeconds.toFixed(1),
    clockOf(atSeconds),
    mutant.title + remarkOf(outcome),
  ]);
}

/** 75 is 1:15. */
function clockOf(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function jsonRow({ mutant, ...kill }: Outcome): string {
  return JSON.stringify({ ...kill, expected: mutant.equivalent === undefined });
}

export interface Totals {
  readonly outcomes: readonly Outcome[];
  /** Mutants that only a situation can kill, when situations were not asked for. */
  readonly leftOut: readonly string[];
  readonly wallSeconds: number;
}

/** The totals as one JSON object. */
export function totalJson({ outcomes, leftOut, wallSeconds }: Totals): string {
  const ids = (of: readonly Outcome[]): string[] => of.map(({ id }) => id).sort(byText);
  return JSON.stringify({
    mutants: outcomes.length,
    killedBySeeds: outcomes.filter((o) => o.seed !== null).length,
    killedBySituations: outcomes.filter((o) => o.situation !== null).length,
    survivors: ids(outcomes.filter((o) => !o.killed && !isAsExpected(o))),
    notEquivalent: ids(outcomes.filter((o) => o.killed && !isAsExpected(o))),
    byAnotherRule: ids(outcomes.filter(isByAnotherRule)),
    leftOut,
    cpuSeconds: cpuOf(outcomes),
    wallSeconds,
  });
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function cpuOf(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

export function totalLine({ outcomes, leftOut, wallSeconds }: Totals): string {
  const killed = outcomes.filter((o) => o.killed);
  const bySeeds = killed.flatMap((o) => (o.seed === null ? [] : [o.seedsTried]));
  bySeeds.sort((a, b) => a - b);
  const bySituation = killed.length - bySeeds.length;
  const median = bySeeds.length === 0 ? "" : ` (median ${bySeeds[bySeeds.length >> 1]} tried)`;
  const wrong = outcomes.filter((o) => !isAsExpected(o)).map(({ id }) => id);
  const others = outcomes.filter(isByAnotherRule).map(({ id }) => id);
  const parts = [
    `${killed.length} of ${outcomes.length} killed: ${bySeeds.length} by seeds${median}, ${bySituation} by situations`,
    `took ${clockOf(wallSeconds)}, seeds ${cpuOf(outcomes).toFixed(0)} s of processor time`,
    ...(wrong.length === 0 ? [] : [`not as expected: ${wrong.sort(byText).join(", ")}`]),
    ...(others.length === 0
      ? []
      : [`by another rule than expected: ${others.sort(byText).join(", ")}`]),
    ...(leftOut.length === 0
      ? []
      : [`left out, for --situations: ${[...leftOut].sort(byText).join(", ")}`]),
  ];
  return parts.join("; ");
}

/** One line on standard error that overwrites itself on a terminal, and is rare elsewhere. */
export class Progress {
  private lastMs = 0;
  private isOpen = false;

  show(text: string): void {
    const isTerminal = process.stderr.isTTY;
    const nowMs = Date.now();
    if (nowMs - this.lastMs < (isTerminal ? 200 : 15_000)) return;
    this.lastMs = nowMs;
    this.isOpen = isTerminal;
    process.stderr.write(isTerminal ? `\r\u001b[K${text.slice(0, 100)}` : `${text}\n`);
  }

  clear(): void {
    if (this.isOpen) process.stderr.write("\r\u001b[K");
    this.isOpen = false;
  }
}
