import type { DeliveredItem } from "@disheap/core";
import { describe, expect, it } from "vitest";
import { type ItemSink, PopWriter, TRANSPORT_BYTES } from "../../src/grpc/pop-writer.js";
import { writePopItem } from "../../src/grpc/replies.js";
import { ITEM } from "../support/hand-engine.js";

/** A transport driven by hand: `needsDrain` after `takes` writes, until `drain()`. */
class HandSink implements ItemSink {
  writableNeedDrain = false;
  takes = Infinity;
  readonly written: string[] = [];
  private onDrain: () => void = () => undefined;
  private readonly underWay: (() => void)[] = [];

  write(item: { messageId: string }, done: () => void): boolean {
    this.written.push(item.messageId);
    this.underWay.push(done);
    this.takes -= 1;
    this.writableNeedDrain = this.takes <= 0;
    return !this.writableNeedDrain;
  }

  on(_event: "drain", listener: () => void): void {
    this.onDrain = listener;
  }

  /** All that is under way has left. */
  drain(takes = Infinity): void {
    this.takes = takes;
    this.writableNeedDrain = false;
    for (const done of this.underWay.splice(0)) done();
    this.onDrain();
  }
}

class Stage {
  readonly sink = new HandSink();
  readonly reports: string[] = [];
  nowMs = 0;
  readonly writer = new PopWriter({
    sink: this.sink,
    nowMs: () => this.nowMs,
    encode: writePopItem,
    onWritten: () => undefined,
    onRoom: () => undefined,
    report: {
      written: (count) => this.reports.push(`written ${String(count)}`),
      returned: (count) => this.reports.push(`returned ${String(count)}`),
      drained: () => this.reports.push("drained"),
    },
  });

  add(count: number, payload = new Uint8Array(1), leaseLeftMs = 1000): this {
    for (let i = 0; i < count; i += 1) {
      const item: DeliveredItem = { ...ITEM, messageId: `m${String(i)}`, payload };
      this.writer.add(item, leaseLeftMs);
    }
    return this;
  }

  async later(): Promise<readonly string[]> {
    await new Promise(setImmediate);
    return this.reports;
  }
}

describe("an item counts as written", () => {
  it("when the transport took it, once, in one report for many", async () => {
    const stage = new Stage().add(5);
    expect(stage.reports).toEqual([]);
    expect(await stage.later()).toEqual(["written 5"]);
    stage.writer.end();
    expect(stage.reports).toEqual(["written 5"]);
  });

  it("only as far as the transport takes items without a drain", async () => {
    const stage = new Stage();
    stage.sink.takes = 3;
    stage.add(5);
    expect(await stage.later()).toEqual(["written 3"]);
    stage.sink.drain();
    expect(stage.sink.written).toEqual(["m0", "m1", "m2", "m3", "m4"]);
    expect(await stage.later()).toEqual(["written 3", "written 2"]);
  });

  it("only while less than the first HTTP/2 window is under way", () => {
    const stage = new Stage().add(3, new Uint8Array(TRANSPORT_BYTES));
    expect(stage.sink.written).toHaveLength(1);
    expect(stage.writer.isBlocked).toBe(true);
    stage.sink.drain();
    expect(stage.sink.written).toHaveLength(2);
  });

  it("only while its lease holds; what comes behind it goes on", async () => {
    const stage = new Stage();
    stage.sink.takes = 1;
    stage.add(1).add(1, new Uint8Array(1), 100).add(1, new Uint8Array(1), 5000);
    stage.nowMs = 100;
    stage.sink.drain();
    expect(stage.sink.written).toHaveLength(2);
    expect(await stage.later()).toEqual(["written 1", "returned 1", "written 1"]);
  });
});

describe("an item that no first window holds", () => {
  const large = (): Stage => new Stage().add(1, new Uint8Array(TRANSPORT_BYTES));

  it("counts when its last byte has left", async () => {
    const stage = large();
    expect(await stage.later()).toEqual([]);
    stage.sink.drain();
    expect(await stage.later()).toEqual(["written 1"]);
  });

  it("is left to a cancel before that, and to no later word", async () => {
    const stage = large();
    stage.writer.cancel();
    stage.sink.drain();
    expect(await stage.later()).toEqual([]);
  });

  it("counts before what goes back behind it, and at the end of the stream, which it still reaches", () => {
    const recalled = large().add(2);
    recalled.writer.recall();
    expect(recalled.reports).toEqual(["written 1", "returned 2"]);
    recalled.sink.drain();
    expect(recalled.reports).toEqual(["written 1", "returned 2", "drained"]);
    const ended = large();
    ended.writer.end();
    expect(ended.reports).toEqual(["written 1"]);
  });
});

describe("what the transport did not take", () => {
  const blocked = (): Stage => {
    const stage = new Stage();
    stage.sink.takes = 2;
    return stage.add(5);
  };

  it("goes back at a recall, and the stream goes on when the transport drains", async () => {
    const stage = blocked();
    stage.writer.recall();
    expect(stage.reports).toEqual(["written 2", "returned 3"]);
    stage.sink.drain();
    expect(stage.reports).toEqual(["written 2", "returned 3", "drained"]);
    stage.add(1);
    expect(await stage.later()).toEqual(["written 2", "returned 3", "drained", "written 1"]);
  });

  it("is nothing at a recall that comes too late: the stream goes on at once", () => {
    const stage = new Stage().add(2);
    stage.writer.recall();
    expect(stage.reports).toEqual(["written 2", "drained"]);
  });

  it("goes back at the end of the stream and is never written after it", async () => {
    const stage = blocked();
    stage.writer.end();
    stage.sink.drain();
    stage.add(1);
    expect(stage.sink.written).toHaveLength(2);
    expect(await stage.later()).toEqual(["written 2", "returned 3"]);
  });

  it("is left to the cancel, behind the report of what was written", async () => {
    const stage = blocked();
    stage.writer.cancel();
    stage.sink.drain();
    expect(stage.sink.written).toHaveLength(2);
    expect(await stage.later()).toEqual(["written 2"]);
  });
});
