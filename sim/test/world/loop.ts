// The smallest event loop that drives a simulated world in a test: (time, sequence) order.

export class Loop {
  nowUs = 0;
  private sequence = 0;
  private queue: { atUs: number; sequence: number; run: () => void }[] = [];

  readonly now = (): number => this.nowUs;

  readonly schedule = (atUs: number, run: () => void): void => {
    this.sequence += 1;
    this.queue.push({ atUs, sequence: this.sequence, run });
  };

  /** Runs the next event; false when there is none. */
  step(): boolean {
    let best = 0;
    for (let i = 1; i < this.queue.length; i += 1) {
      const [a, b] = [this.queue[i], this.queue[best]];
      if (a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence)) best = i;
    }
    const next = this.queue[best];
    if (next === undefined) return false;
    this.queue.splice(best, 1);
    this.nowUs = Math.max(this.nowUs, next.atUs);
    next.run();
    return true;
  }

  runUntil(atUs: number): void {
    this.schedule(atUs, () => undefined);
    while (this.nowUs < atUs && this.step());
  }

  runFor(us: number): void {
    this.runUntil(this.nowUs + us);
  }

  drain(): void {
    while (this.step());
  }
}
