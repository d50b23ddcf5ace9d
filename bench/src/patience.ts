// How long the bench waits for a workload: one that says how far it is may take as long as its machine needs;
// one that is silent for too long hangs, or would be no bounded one.

const SILENT_MAX_MS = 420_000;

export class Patience {
  /** Rejects when the workload was silent for too long. */
  readonly over: Promise<never>;
  private readonly name: string;
  private readonly silentMaxMs: number;
  private giveUp: (error: Error) => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;
  private last = "it began";

  constructor(name: string, silentMaxMs = SILENT_MAX_MS) {
    this.name = name;
    this.silentMaxMs = silentMaxMs;
    this.over = new Promise((_resolve, reject) => {
      this.giveUp = reject;
    });
    // It may be over before anybody waits for it.
    this.over.catch(() => undefined);
    this.wait();
  }

  /** The workload lives: the wait begins anew. */
  progress(text: string): void {
    this.last = text;
    this.wait();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const limit = `${this.silentMaxMs / 1_000} s`;
      this.giveUp(new Error(`${this.name} is not done ${limit} after it last said: ${this.last}`));
    }, this.silentMaxMs);
  }
}
