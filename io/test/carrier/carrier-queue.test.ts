// The queue by itself, over a transport that is a number: the carrier suite, and what only it can tell.

import { describe, expect, test } from "vitest";
import { CarrierQueue } from "../../src/carrier/index.js";
import { carrierSuite, type CarrierRig } from "../../src/conformance/index.js";

class PlainRig implements CarrierRig {
  readonly taken: number[] = [];
  readonly told: string[] = [];
  readonly returned: number[] = [];
  wanted = 0;
  private room = Infinity;
  private nowMs = 0;
  private next = 0;
  readonly queue = new CarrierQueue<number>({
    now: () => this.nowMs,
    isBlocked: () => this.room === 0,
    write: (item) => {
      this.taken.push(item);
      this.room -= 1;
    },
    reportSoon: () => {
      this.wanted += 1;
    },
    onReturned: (items) => this.returned.push(...items),
    tell: {
      written: (count) => this.told.push(`written ${count}`),
      returned: (count) => this.told.push(`returned ${count}`),
      drained: () => this.told.push("drained"),
    },
  });

  hand(leaseLeftMs: number): void {
    this.queue.hand(this.next, this.nowMs + leaseLeftMs);
    this.next += 1;
    this.queue.pump();
  }

  block(room: number): void {
    this.room = room;
  }

  drain(): void {
    this.room = Infinity;
    this.queue.pump();
  }

  recall(): void {
    this.queue.recall();
    this.queue.pump();
  }

  end(): void {
    this.queue.end();
  }

  cancel(): void {
    this.queue.cancel();
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  settle(): Promise<void> {
    this.queue.report();
    return Promise.resolve();
  }
}

describe("the carrier's queue", () => {
  carrierSuite(test, () => new PlainRig());

  test("a report is wanted once for all that is written until it comes", () => {
    const rig = new PlainRig();
    for (let i = 0; i < 3; i += 1) rig.hand(1000);
    expect(rig.wanted).toBe(1);
    void rig.settle();
    rig.hand(1000);
    expect(rig.wanted).toBe(2);
  });

  test("what a cancel settles, and what comes after the end, is named as returned and told to nobody", () => {
    const rig = new PlainRig();
    rig.block(0);
    rig.hand(1000);
    rig.hand(1000);
    rig.cancel();
    rig.hand(1000);
    expect(rig.returned).toEqual([0, 1, 2]);
    expect(rig.told).toEqual([]);
  });

  test("of a node that is gone nothing is told", () => {
    const rig = new PlainRig();
    rig.hand(1000);
    rig.block(0);
    rig.hand(1000);
    rig.queue.lost();
    rig.drain();
    rig.end();
    expect([rig.told, rig.taken, rig.returned]).toEqual([[], [0], []]);
  });
});
