// The best few of many numbers, without sorting them all: O(n log count), and in the usual case, where most
// are worse than the worst that is kept, one comparison each.

export class Best {
  private readonly count: number;
  private readonly isBefore: (a: number, b: number) => boolean;
  /** A binary heap with the worst of the kept ones at its top. */
  private readonly kept: number[] = [];
  /** How many were offered. */
  offered = 0;

  /** `isBefore` is a strict total order. */
  constructor(count: number, isBefore: (a: number, b: number) => boolean) {
    this.count = count;
    this.isBefore = isBefore;
  }

  offer(value: number): void {
    this.offered += 1;
    const { kept } = this;
    if (kept.length < this.count) {
      kept.push(value);
      this.up(kept.length - 1);
    } else if (this.count > 0 && this.isBefore(value, kept[0])) {
      kept[0] = value;
      this.down(0);
    }
  }

  /** The kept ones, best first. */
  inOrder(): number[] {
    return [...this.kept].sort((a, b) => (this.isBefore(a, b) ? -1 : 1));
  }

  private up(from: number): void {
    const { kept } = this;
    for (let place = from; place > 0;) {
      const parent = (place - 1) >> 1;
      if (!this.isBefore(kept[parent], kept[place])) return;
      this.swap(place, parent);
      place = parent;
    }
  }

  private down(from: number): void {
    const { kept } = this;
    for (let place = from; ;) {
      let worst = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < kept.length && this.isBefore(kept[worst], kept[child])) worst = child;
      }
      if (worst === place) return;
      this.swap(place, worst);
      place = worst;
    }
  }

  private swap(a: number, b: number): void {
    const { kept } = this;
    const held = kept[a];
    kept[a] = kept[b];
    kept[b] = held;
  }
}
