// What a person or a script reads: a row or a JSON line per mutant, progress on standard error.

import type { Kill } from "./hunt.js";

const WIDTHS = [10, 9, 10, 6, 6, 8] as const;

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < WIDTHS.length ? cell.padEnd(WIDTHS[i]) : cell)).join(" ");
}

export function tableHead(): string {
  return row(["mutant", "", "rule", "seed", "tried", "cpu s", "title"]);
}

export function tableRow(kill: Kill, title: string): string {
  const { id, killed, rule, seed, seedsTried, cpuSeconds } = kill;
  return row([
    id,
    killed ? "killed" : "SURVIVED",
    rule ?? "-",
    seed === null ? "-" : String(seed),
    String(seedsTried),
    cpuSeconds.toFixed(1),
    title,
  ]);
}

export function totalLine(kills: readonly Kill[]): string {
  const survivors = kills.filter((k) => !k.killed).map((k) => k.id);
  const cpuSeconds = kills.reduce((sum, k) => sum + k.cpuSeconds, 0);
  const seeds = kills.filter((k) => k.killed).map((k) => k.seedsTried);
  seeds.sort((a, b) => a - b);
  const median = seeds.length === 0 ? "-" : String(seeds[seeds.length >> 1]);
  const rest = survivors.length === 0 ? "" : `; survivors: ${survivors.join(", ")}`;
  return `${kills.length - survivors.length} of ${kills.length} killed, median ${median} seeds, ${cpuSeconds.toFixed(0)} s of processor time${rest}`;
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
