// Whether a partition of a stream grants what its leader offers. One that failed, by letting a round wait
// in vain, is left out of choices for a while. Then one credit is risked on it, which nobody waits for: any
// grant that was committed proves it. Each failure doubles the rest, up to a bound, so that a partition
// that works again is found in bounded time, and one that does not costs next to nothing.

const REST_MIN_MS = 500;
const REST_MAX_MS = 8_000;

export class Trust {
  private failures = 0;
  private restUntilMs = 0;

  /** It failed and has not proved itself since. */
  get isLost(): boolean {
    return this.failures > 0;
  }

  isResting(nowMs: number): boolean {
    return nowMs < this.restUntilMs;
  }

  /** It let a round wait in vain, or is put to the proof: nothing more until the rest is over. */
  rest(nowMs: number): void {
    this.restUntilMs = nowMs + Math.min(REST_MAX_MS, REST_MIN_MS * 2 ** this.failures);
    this.failures += 1;
  }

  /** It committed a grant, or another node leads it now. */
  proved(): void {
    this.failures = 0;
    this.restUntilMs = 0;
  }
}
