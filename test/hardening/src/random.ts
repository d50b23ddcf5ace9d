// Garbage from a number, so that a failing case can be repeated.

export class Garbage {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 to limit - 1. */
  below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) % limit;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** A copy with up to `flips` bytes changed. */
  damage(bytes: Uint8Array, flips: number): Buffer {
    const copy = Buffer.from(bytes);
    for (let i = 0; i < flips && copy.length > 0; i += 1) {
      copy[this.below(copy.length)] = this.below(256);
    }
    return copy;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }
}
