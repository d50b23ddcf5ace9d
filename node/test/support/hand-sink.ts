import type { PopItem } from "@disheap/proto";

/** A transport driven by hand: `needsDrain` after `takes` writes, until `drain()`. */
export class HandSink<Item = PopItem> {
  writableNeedDrain = false;
  takes = Infinity;
  readonly written: Item[] = [];
  private onDrain: () => void = () => undefined;
  private readonly underWay: (() => void)[] = [];

  write(item: Item, done: () => void): boolean {
    this.written.push(item);
    this.underWay.push(done);
    this.takes -= 1;
    this.writableNeedDrain = this.takes <= 0;
    return !this.writableNeedDrain;
  }

  on(_event: "drain", listener: () => void): void {
    this.onDrain = listener;
  }

  /** It takes so many more. */
  block(takes: number): void {
    this.takes = takes;
    this.writableNeedDrain = takes <= 0;
  }

  /** All that is under way has left, and it takes more. */
  drain(takes = Infinity): void {
    this.takes = takes;
    this.writableNeedDrain = false;
    this.leave();
    this.onDrain();
  }

  leave(): void {
    for (const done of this.underWay.splice(0)) done();
  }
}
