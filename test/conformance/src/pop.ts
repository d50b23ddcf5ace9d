// A consumer driven by hand: the case decides when the filter goes out, when credits do, and how it ends;
// everything that arrives is kept in order. It is a call of PopStream (pop-call.ts) or a session of its own
// (session/session-pop.ts).

import type { PopItem } from "@disheap/proto";
import { MAX_WAIT_MS } from "./wait.js";

export interface PopEnd {
  readonly code: number;
  readonly details: string;
}

export interface PopFilterOptions {
  readonly partitionIds?: number[];
  readonly visibilityMs?: number;
}

export abstract class Pop {
  readonly items: PopItem[] = [];
  private status: PopEnd | undefined;
  /** When it ended, on the monotonic clock. */
  endedAt = Number.POSITIVE_INFINITY;
  private takenCount = 0;
  private watchers: (() => void)[] = [];

  abstract filter(topic: string, options?: PopFilterOptions): this;
  abstract credits(credits: number): this;
  /** A message with neither filter nor credits. */
  abstract nothing(): this;
  abstract halfClose(): this;
  abstract cancel(): void;

  /** The case has taken them. */
  protected abstract taken(items: readonly PopItem[]): void;

  protected arrived(item: PopItem): void {
    this.items.push(item);
    this.wake();
  }

  /** The first end counts. */
  protected over(status: PopEnd): void {
    if (this.status !== undefined) return;
    this.status = status;
    this.endedAt = performance.now();
    this.wake();
  }

  /** The next items, in order of arrival. */
  async take(count: number): Promise<PopItem[]> {
    const end = this.takenCount + count;
    await this.until(
      () => this.items.length >= end || this.status !== undefined,
      () => `${String(this.items.length)} of ${String(end)} items came`,
    );
    if (this.items.length < end) {
      throw new Error(
        `the stream ended with ${String(this.status?.code)} (${this.status?.details ?? ""}) after ` +
          `${String(this.items.length)} of ${String(end)} items`,
      );
    }
    const items = this.items.slice(this.takenCount, end);
    this.takenCount = end;
    this.taken(items);
    return items;
  }

  async one(): Promise<PopItem> {
    const [item] = await this.take(1);
    if (item === undefined) throw new Error("no item");
    return item;
  }

  get isOpen(): boolean {
    return this.status === undefined;
  }

  /** How the stream ends. */
  async end(): Promise<PopEnd> {
    await this.until(
      () => this.status !== undefined,
      () => "the stream stays open",
    );
    if (this.status === undefined) throw new Error("no status");
    return this.status;
  }

  private async until(holds: () => boolean, problem: () => string): Promise<void> {
    const limitMs = Date.now() + MAX_WAIT_MS;
    while (!holds()) {
      const leftMs = limitMs - Date.now();
      if (leftMs <= 0) throw new Error(`after ${String(MAX_WAIT_MS)} ms ${problem()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.watchers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  private wake(): void {
    const watchers = this.watchers;
    this.watchers = [];
    for (const watcher of watchers) watcher();
  }
}
