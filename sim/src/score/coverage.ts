// Which mutants each seed passes, how often, and what the seed does when none is active. A mutant runs only on
// seeds that pass it and are sound: a seed that fails without a mutant proves nothing.

import type { SeedFailure } from "../kill/orders.js";
import type { Hits } from "../kill/switches.js";
import { readJson, writeWhole } from "./instrument.js";

export interface CoveredSeed {
  readonly seed: number;
  readonly trace: string;
  readonly events: number;
  /** Why it fails without any mutant. */
  readonly failure?: SeedFailure;
  /** How many mutants it passes. */
  readonly count: number;
  /** A bit per mutant, as base64. */
  readonly reached: string;
}

interface Kept {
  readonly seeds: readonly CoveredSeed[];
  readonly hitsMax: Hits;
}

/** Beyond the most of any sound seed, a run of a mutant gets so much. */
const HITS_FACTOR = 20;
const HITS_MORE = 100_000;

export class Coverage {
  private readonly file: string;
  private readonly seeds = new Map<number, CoveredSeed>();
  private readonly bits = new Map<number, Uint8Array>();
  private readonly hitsMax = new Map<string, number>();

  /** Goes on with what the file holds. */
  constructor(file: string) {
    this.file = file;
    const kept = readJson<Kept>(file);
    if (!kept) return;
    for (const seed of kept.seeds) this.keep(seed, Buffer.from(seed.reached, "base64"));
    for (const [id, hits] of Object.entries(kept.hitsMax)) this.hitsMax.set(id, hits);
  }

  has(seed: number): boolean {
    return this.seeds.has(seed);
  }

  get(seed: number): CoveredSeed | undefined {
    return this.seeds.get(seed);
  }

  add(run: Omit<CoveredSeed, "count" | "reached">, hits: Hits): void {
    const ids = Object.keys(hits);
    const bits = new Uint8Array((Math.max(0, ...ids.map(Number)) >> 3) + 1);
    for (const id of ids) bits[Number(id) >> 3] |= 1 << (Number(id) & 7);
    const reached = Buffer.from(bits).toString("base64");
    this.keep({ ...run, count: ids.length, reached }, bits);
    if (run.failure) return;
    for (const [id, n] of Object.entries(hits)) {
      this.hitsMax.set(id, Math.max(n, this.hitsMax.get(id) ?? 0));
    }
  }

  save(): void {
    const kept: Kept = {
      seeds: [...this.seeds.values()],
      hitsMax: Object.fromEntries(this.hitsMax),
    };
    writeWhole(this.file, JSON.stringify(kept));
  }

  /** Sound seeds up to `seedMax` that pass the mutant, those that pass most mutants first. */
  seedsFor(mutant: number, seedMax: number): CoveredSeed[] {
    const found = this.upTo(seedMax).filter(
      ({ seed, failure }) => !failure && this.passes(seed, mutant),
    );
    return found.sort((a, b) => b.count - a.count || a.seed - b.seed);
  }

  /** Seeds that fail without any mutant. */
  unsound(seedMax: number): CoveredSeed[] {
    return this.upTo(seedMax).filter(({ failure }) => failure !== undefined);
  }

  /** How often a run may pass the mutant before it is held to be endless. */
  hitLimit(mutant: number): number {
    return (this.hitsMax.get(String(mutant)) ?? 0) * HITS_FACTOR + HITS_MORE;
  }

  private upTo(seedMax: number): CoveredSeed[] {
    return [...this.seeds.values()].filter(({ seed }) => seed <= seedMax);
  }

  private passes(seed: number, mutant: number): boolean {
    const byte = this.bits.get(seed)?.[mutant >> 3] ?? 0;
    return (byte & (1 << (mutant & 7))) !== 0;
  }

  private keep(seed: CoveredSeed, bits: Uint8Array): void {
    this.seeds.set(seed.seed, seed);
    this.bits.set(seed.seed, bits);
  }
}
