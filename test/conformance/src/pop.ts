// A PopStream driven by hand: the case decides when the filter goes out, when credits do, and how the
// stream ends; everything that arrives is kept in order.

import { type DisheapClient, type PopItem, PopOpen } from "@disheap/proto";
import type { ClientDuplexStream, StatusObject } from "@grpc/grpc-js";
import { MAX_WAIT_MS } from "./wait.js";

export class Pop {
  readonly items: PopItem[] = [];
  private readonly call: ClientDuplexStream<PopOpen, PopItem>;
  private status: StatusObject | undefined;
  /** When it ended, on the monotonic clock. */
  endedAt = Number.POSITIVE_INFINITY;
  private taken = 0;
  private watchers: (() => void)[] = [];

  constructor(client: DisheapClient) {
    this.call = client.popStream();
    this.call.on("data", (item: PopItem) => {
      this.items.push(item);
      this.wake();
    });
    this.call.on("status", (status: StatusObject) => {
      this.status = status;
      this.endedAt = performance.now();
      this.wake();
    });
    // The status event says the same.
    this.call.on("error", () => undefined);
  }

  filter(topic: string, options: { partitionIds?: number[]; visibilityMs?: number } = {}): this {
    const { partitionIds = [], visibilityMs } = options;
    const visibilityTimeout =
      visibilityMs === undefined
        ? undefined
        : {
            seconds: BigInt(Math.floor(visibilityMs / 1000)),
            nanos: (visibilityMs % 1000) * 1_000_000,
          };
    const value = { topic, partitionIds, visibilityTimeout };
    this.call.write(PopOpen.create({ kind: { $case: "filter", value } }));
    return this;
  }

  credits(credits: number): this {
    this.call.write(PopOpen.create({ kind: { $case: "flowControl", value: { credits } } }));
    return this;
  }

  /** A message with neither filter nor credits. */
  nothing(): this {
    this.call.write(PopOpen.create({}));
    return this;
  }

  halfClose(): this {
    this.call.end();
    return this;
  }

  cancel(): void {
    this.call.cancel();
  }

  /** The next items, in order of arrival. */
  async take(count: number): Promise<PopItem[]> {
    const end = this.taken + count;
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
    const items = this.items.slice(this.taken, end);
    this.taken = end;
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
  async end(): Promise<StatusObject> {
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
