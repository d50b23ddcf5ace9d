// What is known, in docs/reports/score.json: every mutant that was judged, for one state of the sources and of the
// simulator. Written after each verdict, so that whatever ends a run, what it learned stays. A change of the
// sources or of the simulator begins a new list; of the one before only its totals are kept.

import { readJson, writeWhole } from "./instrument.js";
import type { Finding } from "./hunt.js";
import type { Mutation } from "./mutation.js";
import { roomOf } from "./mutation.js";
import type { Keys } from "./sources.js";
import { totalsOf, type Totals } from "./totals.js";

export interface Result extends Finding, Omit<Mutation, "start"> {
  readonly room: string;
  /** Every seed up to this one that passes the mutant has run, or one of them ended it. */
  readonly seedsMax: number;
}

/** A sample is drawn among mutants that compile; these were drawn and do not. */
interface Refused {
  readonly id: number;
  readonly problem: string;
}

interface Earlier extends Keys {
  readonly commit: string;
  readonly date: string;
  readonly totals: Totals;
}

interface File extends Keys {
  readonly commit: string;
  readonly date: string;
  /** Of all mutants that the library makes of these sources. */
  readonly mutants: number;
  /** What the coverage pass took, in all runs. */
  readonly coverCpuMs?: number;
  readonly results: readonly Result[];
  readonly refused: readonly Refused[];
  readonly earlier: readonly Earlier[];
}

const EARLIER_MAX = 50;

export interface Now extends Keys {
  readonly commit: string;
  readonly date: string;
  readonly mutants: number;
}

export class Ledger {
  private readonly path: string;
  private readonly now: Now;
  private readonly results = new Map<number, Result>();
  private readonly refusals = new Map<number, Refused>();
  private readonly earlier: Earlier[];
  /** Of the coverage pass, in all runs over these sources. */
  coverCpuMs = 0;

  constructor(path: string, now: Now) {
    this.path = path;
    this.now = now;
    const file = readJson<File>(path);
    this.earlier = [...(file?.earlier ?? [])];
    if (!file) return;
    if (file.sources === now.sources && file.judges === now.judges) {
      for (const result of file.results) this.results.set(result.id, result);
      for (const refused of file.refused) this.refusals.set(refused.id, refused);
      this.coverCpuMs = file.coverCpuMs ?? 0;
      return;
    }
    const { sources, judges, commit, date, results } = file;
    if (results.length === 0) return;
    this.earlier.unshift({ sources, judges, commit, date, totals: totalsOf(results) });
    this.earlier.splice(EARLIER_MAX);
  }

  get all(): Result[] {
    return [...this.results.values()].sort((a, b) => a.id - b.id);
  }

  /** What is known of a mutant within so many seeds; undefined when more must run. */
  known(id: number, seedsMax: number): Result | undefined {
    const result = this.results.get(id);
    if (!result) return undefined;
    const isEnough = result.seed === null ? result.seedsMax >= seedsMax : result.seed <= seedsMax;
    return isEnough ? result : undefined;
  }

  /** Up to which seed the mutant is known to live. */
  livedUpTo(id: number): number {
    const result = this.results.get(id);
    return result?.seed === null ? result.seedsMax : 0;
  }

  /** Adds what further seeds have shown to what was known, and writes the file. */
  add(mutation: Mutation, finding: Finding, seedsMax: number): Result {
    const { id, file, line, column, mutator, original, replacement } = mutation;
    const before = this.results.get(id);
    const isMore = before?.seed === null;
    const result: Result = {
      id,
      room: roomOf(file),
      file,
      line,
      column,
      mutator,
      original,
      replacement,
      ...finding,
      ...(isMore && before.tried > 0 && finding.tried === 0 ? { verdict: before.verdict } : {}),
      tried: finding.tried + (isMore ? before.tried : 0),
      different: finding.different + (isMore ? before.different : 0),
      cpuMs: finding.cpuMs + (isMore ? before.cpuMs : 0),
      seedsMax,
    };
    this.results.set(id, result);
    this.save();
    return result;
  }

  covered(cpuMs: number): void {
    this.coverCpuMs += cpuMs;
    this.save();
  }

  refusal(id: number): Refused | undefined {
    return this.refusals.get(id);
  }

  refuse(refused: Refused): void {
    this.refusals.set(refused.id, refused);
    this.save();
  }

  private save(): void {
    const { all, refusals, earlier } = this;
    const lines = (rows: readonly unknown[]): string =>
      rows.length === 0
        ? "[]"
        : `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n ]`;
    const { coverCpuMs } = this;
    const head = Object.entries({ ...this.now, coverCpuMs }).map(
      ([name, value]) => ` ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
    );
    const refused = [...refusals.values()].sort((a, b) => a.id - b.id);
    writeWhole(
      this.path,
      `{\n${head.join("")} "results": ${lines(all)},\n "refused": ${lines(refused)},\n "earlier": ${lines(earlier)}\n}\n`,
    );
  }
}
