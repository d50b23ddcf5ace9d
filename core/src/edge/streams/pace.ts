// How long the answers of one leader take, as measured: time-outs follow it within bounds, so that a slow
// link or disk is waited for, and a leader that is usually fast is not. Smoothed as TCP smooths its round
// trips (RFC 6298): the usual time, and how far single ones are from it.

export class Pace {
  private usualMs = 0;
  private spreadMs = 0;
  private isKnown = false;

  note(ms: number): void {
    if (!this.isKnown) {
      this.isKnown = true;
      this.usualMs = ms;
      this.spreadMs = ms / 2;
      return;
    }
    this.spreadMs += (Math.abs(ms - this.usualMs) - this.spreadMs) / 4;
    this.usualMs += (ms - this.usualMs) / 8;
  }

  /** After this time an answer is late. Twice the usual, however regular the answers were. */
  waitMs(leastMs: number, mostMs: number): number {
    const lateMs = Math.ceil(Math.max(2 * this.usualMs, this.usualMs + 4 * this.spreadMs));
    return Math.min(mostMs, Math.max(leastMs, lateMs));
  }
}
