// A small seeded generator for tests: the same seed gives the same histories everywhere.
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A 32-bit unsigned integer. */
  u32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let h = this.#state;
    h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
    h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
    return (h ^ (h >>> 15)) >>> 0;
  }

  below(limit: number): number {
    return this.u32() % limit;
  }

  chance(part: number, of: number): boolean {
    return this.below(of) < part;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}
