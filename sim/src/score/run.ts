// One run of the score: make or find the instrumented build, choose mutants, learn which seeds pass them, hunt
// those that are not judged yet. Everything learned is written down at once.

import { join, resolve } from "node:path";
import type { SeedFailure } from "../kill/orders.js";
import { WorkCopies } from "../kill/work-copy.js";
import type { ScoreOptions } from "./arguments.js";
import { choose } from "./choose.js";
import { Coverage } from "./coverage.js";
import { huntMutant } from "./hunt.js";
import { instrumentedBuild, LIBRARY } from "./instrument.js";
import { Ledger, type Result } from "./ledger.js";
import type { Mutation } from "./mutation.js";
import type { Story } from "./report.js";
import { keysOf } from "./sources.js";
import { Yard } from "./yard.js";

/** What is made from the sources and can be made again. */
const CACHE = "reports/out/score";

interface Surroundings {
  readonly root: string;
  /** For copies; empty. */
  readonly scratch: string;
  readonly commit: string;
  readonly date: string;
  readonly onProgress: (text: string) => void;
  readonly onResult?: (result: Result) => void;
  /** Takes what ends all processes. */
  readonly onEnd: (end: () => void) => void;
}

export class ScoreRun {
  private readonly options: ScoreOptions;
  private readonly around: Surroundings;
  readonly ledger: Ledger;
  readonly coverage: Coverage;
  readonly yard: Yard;
  readonly all: readonly Mutation[];
  private chosen: readonly Mutation[] = [];
  private refused = 0;

  static async prepare(options: ScoreOptions, around: Surroundings): Promise<ScoreRun> {
    const { root, scratch } = around;
    const { sources, judges } = keysOf(root, LIBRARY);
    around.onProgress("the instrumented build");
    const build = await instrumentedBuild(root, join(root, CACHE, sources, "build.json"));
    const coverage = new Coverage(join(root, CACHE, sources, `coverage-${judges}.json`));
    const yard = new Yard(new WorkCopies(root, scratch, false), build);
    around.onEnd(() => yard.end());
    const now = { sources, judges, commit: around.commit, date: around.date };
    const ledger = new Ledger(resolve(root, options.reports, "score.json"), {
      ...now,
      mutants: build.mutations.length,
    });
    return new ScoreRun(options, around, { ledger, coverage, yard, all: build.mutations });
  }

  private constructor(
    options: ScoreOptions,
    around: Surroundings,
    parts: Pick<ScoreRun, "ledger" | "coverage" | "yard" | "all">,
  ) {
    this.options = options;
    this.around = around;
    this.ledger = parts.ledger;
    this.coverage = parts.coverage;
    this.yard = parts.yard;
    this.all = parts.all;
  }

  /** Chooses, covers, hunts. */
  async run(): Promise<void> {
    const { root, onProgress } = this.around;
    const { mutations, refused } = choose(root, this.all, this.options, this.ledger, onProgress);
    this.chosen = mutations;
    this.refused = refused;
    const { seedsMax } = this.options;
    const open = mutations.filter(({ id }) => !this.ledger.known(id, seedsMax));
    if (open.length > 0) await this.cover();
    await this.huntAll(open);
  }

  /** What is known of the chosen mutants now. */
  get story(): Story {
    const { options, around, chosen } = this;
    const { seedsMax, sample, seed, rooms, mutants } = options;
    const results = chosen.flatMap(({ id }) => this.ledger.known(id, seedsMax) ?? []);
    const of = rooms.length > 0 ? ` of ${rooms.join(", ")}` : "";
    return {
      commit: around.commit,
      date: around.date,
      mutants: this.all.length,
      sample: mutants.length > 0 ? "Named mutants" : `Sample of ${sample}${of}, seed ${seed}`,
      seedsMax,
      refused: this.refused,
      unsound: this.coverage
        .unsound(seedsMax)
        .map(({ seed: one, failure }) => ({ seed: one, rule: failure?.rule ?? "" })),
      results: results.sort((a, b) => a.id - b.id),
      open: chosen.length - results.length,
      coverCpuSeconds: this.ledger.coverCpuMs / 1000,
    };
  }

  /** Runs seeds with the whole instrumented build, each once for ever. */
  async cover(): Promise<void> {
    const { options, coverage, around } = this;
    const seeds = Array.from({ length: options.seedsMax }, (_, i) => i + 1);
    const missing = seeds.filter((seed) => !coverage.has(seed));
    const clock = new Clock(missing.length);
    await this.share(missing, () => {
      const place = this.yard.instrumented();
      return {
        end: () => place.end(),
        work: async (seed) => {
          around.onProgress(`coverage, seeds: ${clock.text}`);
          const answer = await place.run(seed);
          if (!answer) return;
          clock.step();
          this.ledger.covered(answer.cpuMs);
          coverage.add(coveredOf(seed, answer.run, answer.failure), answer.run?.hits ?? {});
          coverage.save();
        },
      };
    });
  }

  private async huntAll(open: readonly Mutation[]): Promise<void> {
    const clock = new Clock(open.length);
    await this.share(open, () => ({
      end: () => undefined,
      work: async (mutation) => {
        const { around } = this;
        const result = await this.hunt(mutation, (text) =>
          around.onProgress(`mutants: ${clock.text}; ${mutation.id}: ${text}`),
        );
        if (!result) return;
        clock.step();
        around.onResult?.(result);
      },
    }));
  }

  /** Undefined when everything was ended meanwhile. */
  async hunt(mutation: Mutation, onSeed: (text: string) => void): Promise<Result | undefined> {
    const { coverage, ledger, options } = this;
    const { id } = mutation;
    const lived = ledger.livedUpTo(id);
    const seeds = coverage.seedsFor(id, options.seedsMax).filter(({ seed }) => seed > lived);
    const place = this.yard.mutated(mutation, coverage.hitLimit(id));
    let count = 0;
    const finding = await huntMutant(seeds, (seed) => {
      count += 1;
      onSeed(`seed ${count} of ${seeds.length}`);
      return place.run(seed);
    });
    place.end();
    return finding && ledger.add(mutation, finding, options.seedsMax);
  }

  /** As many hands as there are jobs, each of which takes the next piece when it has done one. */
  private async share<T>(
    pieces: readonly T[],
    hire: () => { work: (piece: T) => Promise<void>; end: () => void },
  ): Promise<void> {
    const waiting = [...pieces];
    const hands = Math.min(this.options.jobs, waiting.length);
    const hand = async (): Promise<void> => {
      const hired = hire();
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
        await hired.work(piece);
      }
      hired.end();
    };
    await Promise.all(Array.from({ length: hands }, hand));
  }
}

function coveredOf(
  seed: number,
  run: { readonly trace: string; readonly events: number } | undefined,
  failure: SeedFailure | undefined,
): { seed: number; trace: string; events: number; failure?: SeedFailure } {
  const { trace = "", events = 0 } = run ?? {};
  return { seed, trace, events, ...(failure ? { failure } : {}) };
}

/** How far it is, and how long it will take if it goes on like this. */
class Clock {
  private readonly total: number;
  private readonly startMs = Date.now();
  private done = 0;

  constructor(total: number) {
    this.total = total;
  }

  step(): void {
    this.done += 1;
  }

  get text(): string {
    const { done, total } = this;
    const leftMs = ((Date.now() - this.startMs) / done) * (total - done);
    const left = done === 0 ? "" : `, about ${Math.ceil(leftMs / 60_000)} min left`;
    return `${done}/${total}${left}`;
  }
}
