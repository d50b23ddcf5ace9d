// The hunt of one mutant, as decisions only: what is to be run next for it, and what the answers mean. A
// mutant whose file names a situation is tried by that test and by no seed; any other one by seeds, and by
// all situations when no seed found it. One that seeds find as well as its situation is tried by both, and has to die of
// both. Without situations it is seeds alone.

import type { SeedRange } from "./arguments.js";
import type { Mutant } from "./mutant.js";
import { ORIGINAL, SITUATIONS, type Answer, type FailedTest, type Order } from "./orders.js";
import { Search } from "./search.js";
import { Trial } from "./trial.js";

/** What is reported per mutant. */
export interface Kill {
  readonly id: string;
  readonly killed: boolean;
  /** The rule that caught it; null for a survivor and for one that a situation caught. */
  readonly rule: string | null;
  /** The lowest seed that fails with it and passes without it. */
  readonly seed: number | null;
  /** The test that caught it: its file and its name. */
  readonly situation: string | null;
  /** What failed and did not count, because it fails without the mutant as well. */
  readonly passedOver: readonly string[];
  /** Seeds up to the killing one, or all. */
  readonly seedsTried: number;
  /** Of its seeds, also of those that ran beside the killing one. */
  readonly cpuSeconds: number;
}

export class Hunt {
  readonly mutant: Mutant;
  private readonly seeds: SeedRange;
  private readonly withSituations: boolean;
  private readonly search: Search | undefined;
  private trial: Trial | undefined;
  private cpuMs = 0;

  constructor(mutant: Mutant, seeds: SeedRange, withSituations: boolean) {
    this.mutant = mutant;
    this.seeds = seeds;
    this.withSituations = withSituations;
    const { situation, alsoBySeeds = false } = mutant;
    if (withSituations && situation !== undefined && !alsoBySeeds)
      this.trial = new Trial(situation);
    else this.search = new Search(seeds);
  }

  /** How many orders can be taken now. */
  get openings(): number {
    return (this.trial ?? this.search)?.openings ?? 0;
  }

  take(): Order | undefined {
    const copy = this.mutant.id;
    if (this.trial) {
      const path = this.trial.take();
      return path === undefined ? undefined : { kind: "tests", copy, path };
    }
    const seed = this.search?.take();
    return seed === undefined ? undefined : { kind: "seed", copy, seed };
  }

  answer(order: Order, answer: Answer): void {
    this.cpuMs += answer.cpuMs;
    if (order.kind === "tests") this.trial?.answer(answer.tests ?? []);
    else this.search?.answer(order.seed, answer.failure);
    this.goOn();
  }

  /** What must be known of the original before a failure counts. */
  get doubt(): Order | undefined {
    const seed = this.search?.suspect;
    if (seed !== undefined) return { kind: "seed", copy: ORIGINAL, seed };
    if (!this.trial?.isInDoubt) return undefined;
    return { kind: "tests", copy: ORIGINAL, path: this.trial.path };
  }

  settle(doubt: Order, answer: Answer): void {
    if (doubt.kind === "tests") this.trial?.settle(answer.tests ?? []);
    else this.search?.settle(doubt.seed, answer.failure === undefined);
    this.goOn();
  }

  /** What no seed found goes to the situations; what has one of its own as well, to that in any case. */
  private goOn(): void {
    const bySeeds = this.search?.verdict;
    if (!bySeeds || !this.withSituations) return;
    const { situation } = this.mutant;
    if (situation !== undefined) this.trial ??= new Trial(situation);
    else if (bySeeds.kind === "survived") this.trial ??= new Trial(SITUATIONS);
  }

  /** The end of the hunt; undefined while it goes on. */
  get kill(): Kill | undefined {
    const bySeeds = this.search?.verdict;
    const byTests = this.trial?.verdict;
    if (this.trial ? !byTests : !bySeeds) return undefined;
    const seed = bySeeds && "seed" in bySeeds ? bySeeds : undefined;
    const test = byTests && "test" in byTests ? byTests.test : undefined;
    const needsBoth =
      this.search !== undefined && this.mutant.situation !== undefined && this.trial;
    const isKilled = needsBoth ? seed && test : (seed ?? test);
    return {
      id: this.mutant.id,
      killed: isKilled !== undefined,
      rule: seed?.failure.rule ?? null,
      seed: seed?.seed ?? null,
      situation: test ? textOf(test) : null,
      passedOver: [
        ...(this.search?.passedOver ?? []).map((passed) => `seed ${passed}`),
        ...(this.trial?.passedOver ?? []).map(textOf),
      ],
      seedsTried: this.search ? (seed?.seed ?? this.seeds.to) - this.seeds.from + 1 : 0,
      cpuSeconds: this.cpuMs / 1000,
    };
  }
}

function textOf({ file, name }: FailedTest): string {
  return `${file}: ${name}`;
}
