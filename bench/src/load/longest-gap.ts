// The longest time without an answer, from a moment on.

export class LongestGap {
  private lastMs: number | undefined;
  private longestMs = 0;

  begin(nowMs: number): void {
    this.lastMs = nowMs;
    this.longestMs = 0;
  }

  answered(nowMs: number): void {
    if (this.lastMs === undefined) return;
    this.longestMs = Math.max(this.longestMs, nowMs - this.lastMs);
    this.lastMs = nowMs;
  }

  /** A silence that lasts until now counts as well. */
  end(nowMs: number): number {
    this.answered(nowMs);
    this.lastMs = undefined;
    return this.longestMs;
  }
}
