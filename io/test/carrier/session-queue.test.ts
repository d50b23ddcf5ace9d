// The queue of a session's parts by itself: the carrier suites, and what only it can tell.

import { describe, expect, test } from "vitest";
import { SessionQueue } from "../../src/carrier/index.js";
import {
  carrierSuite,
  readParts,
  sessionSuite,
  type SessionRig,
  testPart,
  testWords,
} from "../../src/conformance/index.js";

class PlainRig implements SessionRig {
  readonly sent: Uint8Array[] = [];
  readonly told: string[] = [];
  private room = Infinity;
  private nowMs = 0;
  private next = 0;
  private wordCount = 0;
  readonly pending: number[] = [];
  readonly queue = new SessionQueue({
    now: () => this.nowMs,
    isBlocked: (pendingBytes) => {
      this.pending.push(pendingBytes);
      return this.room === 0;
    },
    send: (frame) => {
      this.sent.push(frame);
      this.room -= 1;
    },
    reportSoon: () => undefined,
    tell: {
      written: (count, words) => {
        if (count > 0) this.told.push(`written ${count}`);
        this.wordCount += words;
      },
      returned: (count) => this.told.push(`returned ${count}`),
      drained: () => this.told.push("drained"),
    },
  });

  hand(leaseLeftMs: number): void {
    this.queue.hand([testPart(this.next, leaseLeftMs)]);
    this.next += 1;
    this.queue.pump();
  }

  say(): void {
    this.queue.hand([testWords()]);
    this.queue.pump();
  }

  report(): void {
    this.queue.report();
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
    this.queue.pump();
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

  get parts(): ReturnType<typeof readParts> {
    return this.sent.flatMap(readParts);
  }

  get taken(): number[] {
    return this.parts.flatMap(({ item }) => item ?? []);
  }

  frames(): number {
    return this.sent.length;
  }

  words(): number {
    return this.wordCount;
  }
}

const large = (bytes: number) => ({
  rows: 0,
  leaseLeftMs: Infinity,
  encode: () => new Uint8Array(bytes),
});

describe("the queue of a session", () => {
  carrierSuite(test, () => new PlainRig());
  sessionSuite(test, () => new PlainRig());

  test("W7: a frame is cut at a megabyte, or holds one part", () => {
    const rig = new PlainRig();
    rig.queue.hand([600_000, 400_000, 100_000, 3_000_000, 5].map(large));
    rig.queue.pump();
    expect(rig.sent.map(({ length }) => length)).toEqual([1_000_000, 100_000, 3_000_000, 5]);
    // The transport hears what it is about to get.
    expect(rig.pending).toEqual([0, 600_000, 1_000_000, 100_000, 3_000_000, 5]);
  });

  test("after the end a session is over once its words are written", () => {
    const rig = new PlainRig();
    rig.block(0);
    rig.say();
    rig.end();
    expect(rig.queue.isOver).toBe(false);
    rig.drain();
    expect(rig.queue.isOver).toBe(true);
  });
});
