// The search for the lowest seed that fails with a mutant and passes without it. Seeds are handed out in
// ascending order to any number of processes and answered in any order; the verdict does not depend on
// that order. Invariants: no seed is handed out twice; every seed below the verdict's has passed, or fails
// without the mutant as well.

import type { SeedRange } from "./arguments.js";
import type { SeedFailure } from "./orders.js";

export type SeedVerdict =
  | { readonly kind: "killed"; readonly seed: number; readonly failure: SeedFailure }
  | { readonly kind: "survived" };

export class Search {
  private readonly range: SeedRange;
  private next: number;
  private readonly running = new Set<number>();
  /** Seeds that failed, without those known to fail anyway. */
  private readonly failures = new Map<number, SeedFailure>();
  /** Seeds that fail without the mutant too. */
  private readonly anyway: number[] = [];
  /** Seeds known to pass without the mutant. */
  private readonly sound = new Set<number>();

  constructor(range: SeedRange) {
    this.range = range;
    this.next = range.from;
  }

  /** How many seeds can be taken now. None above one that failed: it will hardly be needed. */
  get openings(): number {
    return this.failures.size > 0 ? 0 : this.range.to - this.next + 1;
  }

  take(): number | undefined {
    if (this.openings === 0) return undefined;
    const seed = this.next;
    this.next += 1;
    this.running.add(seed);
    return seed;
  }

  answer(seed: number, failure: SeedFailure | undefined): void {
    if (!this.running.delete(seed)) throw new Error(`seed ${seed} is not running`);
    if (failure) this.failures.set(seed, failure);
  }

  /** The lowest seed that failed, while it is not known what it does without the mutant. */
  get suspect(): number | undefined {
    const seed = this.lowest;
    return seed === undefined || this.sound.has(seed) ? undefined : seed;
  }

  /** What the seed does without the mutant. */
  settle(seed: number, isSound: boolean): void {
    if (isSound) this.sound.add(seed);
    else if (this.failures.delete(seed)) this.anyway.push(seed);
  }

  /** Seeds below the killing one that failed and do not count: they fail without the mutant too. */
  get passedOver(): number[] {
    const { verdict } = this;
    const end = verdict?.kind === "killed" ? verdict.seed : this.next;
    return this.anyway.filter((seed) => seed < end).sort((a, b) => a - b);
  }

  get verdict(): SeedVerdict | undefined {
    const seed = this.lowest;
    if (seed === undefined) {
      const isOver = this.next > this.range.to && this.running.size === 0;
      return isOver ? { kind: "survived" } : undefined;
    }
    const failure = this.failures.get(seed);
    const isLowest = [...this.running].every((other) => other > seed);
    if (!failure || !isLowest || !this.sound.has(seed)) return undefined;
    return { kind: "killed", seed, failure };
  }

  private get lowest(): number | undefined {
    return this.failures.size === 0 ? undefined : Math.min(...this.failures.keys());
  }
}
