// A closed loop: `window` workers, each starts its next operation when its last one has ended. It shows
// what the system can carry at that concurrency; a stall slows the workers, so its latencies say nothing
// about a load that would not wait (that is the open loop's part).

import { Histogram } from "../histogram.js";

export interface ClosedLoopOptions {
  readonly window: number;
  /** One operation; `number` counts them from 0. */
  readonly operation: (number: number) => Promise<void>;
  readonly nowMs: () => number;
  /** No operation starts once so many were started. */
  readonly operationsMax?: number;
}

/** What one phase of a load was: operations that ended in it, however early they started. */
export interface Phase {
  readonly completed: number;
  readonly elapsedMs: number;
  readonly latency: Histogram;
}

export class ClosedLoop {
  private readonly options: ClosedLoopOptions;
  private readonly workers: Promise<void>[] = [];
  private isStopped = false;
  private started = 0;
  private completed = 0;
  private latency = new Histogram();
  private phaseStart = { ms: 0, completed: 0 };
  /** Operations that threw; the first error is kept. */
  failed = 0;
  firstError: unknown;

  constructor(options: ClosedLoopOptions) {
    this.options = options;
  }

  start(): void {
    this.beginPhase();
    for (let i = 0; i < this.options.window; i += 1) this.workers.push(this.work());
  }

  beginPhase(): void {
    this.latency = new Histogram();
    this.phaseStart = { ms: this.options.nowMs(), completed: this.completed };
  }

  endPhase(): Phase {
    const phase = {
      completed: this.completed - this.phaseStart.completed,
      elapsedMs: this.options.nowMs() - this.phaseStart.ms,
      latency: this.latency,
    };
    this.beginPhase();
    return phase;
  }

  /** Resolves when every worker has ended: after `stop`, or when `operationsMax` is reached. */
  async ended(): Promise<void> {
    await Promise.all(this.workers);
  }

  /** Lets operations under way end and starts no more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.ended();
  }

  private async work(): Promise<void> {
    const { operation, nowMs, operationsMax = Infinity } = this.options;
    while (!this.isStopped && this.started < operationsMax) {
      const number = this.started;
      this.started += 1;
      const startMs = nowMs();
      try {
        await operation(number);
        this.latency.record(nowMs() - startMs);
        this.completed += 1;
      } catch (error) {
        this.failed += 1;
        this.firstError ??= error;
      }
    }
  }
}
