// Choices of the workload, from a printed seed: the inputs can be repeated, the timing cannot.

export class Rng {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** An integer from 0 to below `bound`. */
  below(bound: number): number {
    this.state = (this.state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % bound;
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  fork(): Rng {
    return new Rng(this.below(0xffff_ffff));
  }
}
