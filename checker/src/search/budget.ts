// The bounds that a clock or a caller sets: time, a signal, a callback. They are looked at between
// short runs of a search, so that no search has to know them.
import type { GiveUpReason } from "./result.js";

export interface Progress {
  readonly elapsedMs: number;
  /** The partition that is searched at this moment, by its place in the model's partition. */
  readonly partition: number;
  readonly key: string;
  readonly partitions: number;
  /** Partitions that have a verdict. */
  readonly finished: number;
  readonly configurations: number;
  readonly states: number;
  /** Most operations of the running partition placed in one order so far. */
  readonly placed: number;
  readonly operations: number;
}

export interface BudgetOptions {
  /** Default: no limit. */
  readonly timeoutMs?: number;
  /** Called about four times a second; returning false cancels. */
  readonly onProgress?: (progress: Progress) => boolean | undefined;
  readonly progressEveryMs?: number;
  /** An AbortSignal, or anything like it. */
  readonly signal?: { readonly aborted: boolean };
}

const PROGRESS_MS = 250;

export class Budget {
  readonly #options: BudgetOptions;
  readonly #started = performance.now();
  #nextProgressMs: number;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#nextProgressMs = options.progressEveryMs ?? PROGRESS_MS;
  }

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** Why the search must stop now, or undefined when it may go on. */
  spent(progress: () => Omit<Progress, "elapsedMs">): GiveUpReason | undefined {
    const { timeoutMs, signal, onProgress, progressEveryMs } = this.#options;
    const elapsedMs = this.elapsedMs;
    if (timeoutMs !== undefined && elapsedMs > timeoutMs) return "timeout";
    if (signal?.aborted === true) return "cancelled";
    if (onProgress === undefined || elapsedMs < this.#nextProgressMs) return undefined;
    this.#nextProgressMs = elapsedMs + (progressEveryMs ?? PROGRESS_MS);
    return onProgress({ elapsedMs, ...progress() }) === false ? "cancelled" : undefined;
  }
}
