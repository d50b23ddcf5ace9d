import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvariantViolation } from "../../src/lib/assert.js";
import { RaftLog } from "../../src/raft/log.js";
import { encodeBlock, type Block } from "../../src/wire/blocks.js";

function block(first: number, count: number, term: number, prevTerm = 0): Block {
  const entries = Array.from({ length: count }, (_, i) => ({
    kind: 1,
    stampMs: (first + i) * 10,
    seedHi: 0,
    seedLo: 0,
    intents: [],
  }));
  return encodeBlock(1, first, term, prevTerm, entries);
}

const step = fc.record({
  back: fc.nat(6),
  count: fc.integer({ min: 1, max: 4 }),
  cut: fc.nat(2),
  termStep: fc.nat(2),
});

test("is the list of terms that its blocks write, whatever is overwritten", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const log = new RaftLog();
      let terms: number[] = [];
      const firsts = new Set<number>();
      for (const { back, count, cut, termStep } of steps) {
        const first = Math.max(1, terms.length + 1 - back);
        const term = Math.max(1, log.lastTerm) + termStep;
        const last = first + Math.max(1, count - cut) - 1;
        const deleted = log.put(block(first, count, term), last);
        terms = [...terms.slice(0, first - 1), ...Array<number>(last - first + 1).fill(term)];
        for (const f of deleted) expect(f > first && firsts.delete(f)).toBe(true);
        firsts.add(first);
        expect(log.lastIndex).toBe(terms.length);
        expect(log.lastTerm).toBe(terms[terms.length - 1]);
        for (let i = 1; i <= terms.length; i += 1) {
          expect(log.termAt(i)).toBe(terms[i - 1]);
          expect(log.firstOfTerm(i)).toBe(terms.indexOf(terms[i - 1]) + 1);
          const range = log.rangeAt(i);
          expect(range.first <= i && i <= range.last && firsts.has(range.first)).toBe(true);
        }
        // The blocks that must be on disk are the ones in the log: no other was left behind.
        expect(log.blockCount).toBe(firsts.size);
        expect(log.termAt(terms.length + 1)).toBe(-1);
        expect(log.termAt(0)).toBe(0);
      }
    }),
  );
});

describe("restored from a disk", () => {
  test("it answers as before", () => {
    const log = new RaftLog();
    log.put(block(1, 3, 1), 3);
    log.put(block(3, 4, 2, 1), 5);
    log.put(block(6, 1, 4, 2), 6);
    const again = new RaftLog();
    for (const i of [1, 3, 6]) {
      const held = log.blockAt(i);
      if (!held) throw new Error("the block is held");
      again.restore(held, log.rangeAt(i).last, log.heldBytes - 1);
    }
    for (let i = 0; i <= 7; i += 1) expect(again.termAt(i)).toBe(log.termAt(i));
    expect(again.lastStampMs).toBe(log.lastStampMs);
    expect(again.blockAt(1)).toBeUndefined();
    expect(again.heldBytes).toBe(log.heldBytes - block(1, 3, 1).bytes.length);
  });

  test("a gap is a broken invariant", () => {
    const log = new RaftLog();
    expect(() => log.restore(block(2, 1, 1), 2, Infinity)).toThrow(InvariantViolation);
    expect(() => log.put(block(2, 1, 1), 2)).toThrow(/^LOG1/);
  });
});

describe("bytes", () => {
  test("of old blocks are given up below an index, oldest first, down to the limit", () => {
    const log = new RaftLog();
    for (let i = 1; i <= 6; i += 1) log.put(block(i, 1, 1), i);
    const size = log.sizeAt(1);
    log.evict(3, 0);
    expect([1, 2, 3, 4].map((i) => log.blockAt(i) !== undefined)).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(log.heldBytes).toBe(3 * size);
    log.evict(6, 2 * size);
    expect(log.heldBytes).toBe(2 * size);
    // The newest block stays, whatever the limit.
    log.evict(6, 0);
    expect([5, 6].map((i) => log.blockAt(i) !== undefined)).toEqual([false, true]);
  });

  test("that are read back count only if the block is still the one in the log", () => {
    const log = new RaftLog();
    const old = block(2, 1, 1);
    log.put(block(1, 1, 1), 1);
    log.put(old, 2);
    expect(log.holds(old)).toBe(true);
    log.put(block(2, 1, 3), 2);
    expect(log.holds(old)).toBe(false);
    expect(log.holds(block(3, 1, 3))).toBe(false);
    expect(log.holds(block(1, 2, 1))).toBe(false);
  });

  test("whoever looks at a log sees by a count that it has changed since", () => {
    const log = new RaftLog();
    let seen = log.changes;
    const hasChanged = (): boolean => {
      const has = log.changes !== seen;
      seen = log.changes;
      return has;
    };
    expect(hasChanged()).toBe(false);
    for (let i = 1; i <= 200; i += 1) log.put(block(i, 1, 1), i);
    expect(hasChanged()).toBe(true);
    // Another block of the same size in the place of the last one.
    log.put(block(200, 1, 2), 200);
    expect(hasChanged()).toBe(true);
    log.evict(0, 0);
    log.evict(100, Infinity);
    expect(hasChanged()).toBe(false);
    log.evict(80, 0);
    expect(hasChanged()).toBe(true);
    // What was evicted is cut off later, when half of the tail is.
    log.put(block(150, 1, 3), 150);
    expect(hasChanged()).toBe(true);
    log.evict(0, Infinity);
    expect(hasChanged()).toBe(true);
    log.assertInvariants();
    log.restore(block(151, 1, 3), 151, Infinity);
    expect(hasChanged()).toBe(true);
    expect(log.termAt(151)).toBe(3);
    expect(hasChanged()).toBe(false);
  });

  test("a term never falls along the log (LOG3)", () => {
    const log = new RaftLog();
    log.put(block(1, 1, 3), 1);
    expect(() => log.put(block(2, 1, 2), 2)).toThrow(/^LOG3/);
  });
});
