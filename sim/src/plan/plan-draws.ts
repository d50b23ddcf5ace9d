// What a seed's text is worth when a plan is made of it: 64 bits, and draws that have names (D-61).

import seedrandom from "seedrandom";
import { between, chance, draw, kindOf, type Seed } from "../world/draw.js";

/** 64 bits from a seed string; after this everything is counter-based. */
export function seedBits(seed: string): Seed {
  // The prefix matters: seedrandom mixes a short key with itself, so "3" and "33" would be the same.
  const random = seedrandom(`disheap:${seed}`);
  return { hi: random.int32() >>> 0, lo: random.int32() >>> 0 };
}

/** Named draws for plans: one ordinal per name, so that a new kind of draw shifts no other. */
export class PlanDraws {
  private readonly seed: Seed;
  private readonly ordinals = new Map<string, number>();

  constructor(seed: Seed) {
    this.seed = seed;
  }

  next(name: string): number {
    const ordinal = this.ordinals.get(name) ?? 0;
    this.ordinals.set(name, ordinal + 1);
    return draw(this.seed, kindOf(`plan.${name}`), 0, ordinal);
  }

  between(name: string, min: number, max: number): number {
    return between(this.next(name), min, max);
  }

  chance(name: string, perMillion: number): boolean {
    return chance(this.next(name), perMillion);
  }

  pick<T>(name: string, values: readonly T[]): T {
    return values[this.between(name, 0, values.length - 1)];
  }
}
