import fc from "fast-check";
import { expect, test } from "vitest";
import { DedupTable } from "../../src/delivery/dedup.js";
import { StateHash } from "../../src/machine/state-hash.js";
import type { ProducerTriple } from "../../src/contract/api.js";
import { producer } from "../support/arbitraries.js";
import { levelWith } from "../support/machine-rig.js";
import { find, remember } from "../support/dedup-calls.js";

const DAY_MS = 86_400_000;

function triple(producerId: string, epoch: number, sequence: number): ProducerTriple {
  return { producerId, epochHi: 0, epochLo: epoch, sequenceHi: 0, sequenceLo: sequence };
}

const place = (index: number) => ({ index, offset: index % 3, stampMs: 1000 + index });

test("a sequence leads to its first message, per producer and per epoch", () => {
  const table = new DedupTable({ level: levelWith({ dedupPerProducerMax: 10 }) }, new StateHash());
  remember(table, triple("a", 1, 5), place(1), 0);
  expect(find(table, triple("a", 1, 5))).toEqual(place(1));
  expect(find(table, triple("a", 1, 6))).toBeUndefined();
  expect(find(table, triple("a", 2, 5))).toBeUndefined();
  expect(find(table, triple("b", 1, 5))).toBeUndefined();
});

test("names and numbers never run into each other", () => {
  const table = new DedupTable({ level: levelWith({ dedupPerProducerMax: 10 }) }, new StateHash());
  remember(table, triple("1:2", 3, 4), place(1), 0);
  expect(find(table, triple("2", 3, 4))).toBeUndefined();
  const wide: ProducerTriple = { ...triple("w", 1, 7), sequenceHi: 2 ** 31 };
  remember(table, wide, place(2), 0);
  expect(find(table, wide)).toEqual(place(2));
  expect(find(table, { ...wide, sequenceHi: 2 ** 31 + 1 })).toBeUndefined();
  expect(find(table, triple("w", 1, 7))).toBeUndefined();
});

test("the window holds the last N sequences of a producer in order of arrival, whatever their numbers", () => {
  const table = new DedupTable({ level: levelWith({ dedupPerProducerMax: 3 }) }, new StateHash());
  [9, 2, 7, 4].forEach((sequence, i) => remember(table, triple("a", 1, sequence), place(i), 0));
  expect([9, 2, 7, 4].map((s) => find(table, triple("a", 1, s))?.index)).toEqual([
    undefined,
    1,
    2,
    3,
  ]);
});

test("one producer's window does not push out another's", () => {
  const table = new DedupTable({ level: levelWith({ dedupPerProducerMax: 2 }) }, new StateHash());
  remember(table, triple("a", 1, 1), place(1), 0);
  for (let s = 0; s < 5; s += 1) remember(table, triple("b", 1, s), place(s), 0);
  expect(find(table, triple("a", 1, 1))).toEqual(place(1));
});

test("a repeat is a use: the window stays for a day after it", () => {
  const table = new DedupTable({ level: levelWith({ dedupPerProducerMax: 10 }) }, new StateHash());
  remember(table, triple("a", 1, 1), place(1), 0);
  remember(table, triple("b", 1, 1), place(2), 0);
  table.touch(triple("a", 1, 1), DAY_MS - 1000);
  table.sweep(DAY_MS + 1000);
  expect([find(table, triple("a", 1, 1)), find(table, triple("b", 1, 1))]).toEqual([
    place(1),
    undefined,
  ]);
});

test("a window goes after a day of group time without a new sequence, not before", () => {
  const table = new DedupTable({ level: levelWith({ dedupPerProducerMax: 10 }) }, new StateHash());
  remember(table, triple("a", 1, 1), place(1), 1000);
  remember(table, triple("b", 1, 1), place(2), 1000);
  table.sweep(1000);
  remember(table, triple("b", 1, 2), place(3), 500_000);
  table.sweep(1000 + DAY_MS - 1);
  expect(find(table, triple("a", 1, 1))).toBeDefined();
  table.sweep(1000 + DAY_MS + 60_000);
  expect(find(table, triple("a", 1, 1))).toBeUndefined();
  expect(find(table, triple("b", 1, 1))).toEqual(place(2));
});

test("the state hash is that of what is remembered now, however it came about", () => {
  const step = fc.record({ producer, index: fc.nat(1000) });
  fc.assert(
    fc.property(
      fc.uniqueArray(step, { selector: (s) => JSON.stringify(s.producer), maxLength: 30 }),
      (steps) => {
        const hash = new StateHash();
        const table = new DedupTable({ level: levelWith({ dedupPerProducerMax: 5 }) }, hash);
        for (const s of steps) remember(table, s.producer, place(s.index), 0);
        const rebuilt = new StateHash();
        const copy = new DedupTable({ level: levelWith({ dedupPerProducerMax: 5 }) }, rebuilt);
        for (const s of steps) {
          const found = find(table, s.producer);
          if (found) remember(copy, s.producer, found, 0);
        }
        expect([rebuilt.hi, rebuilt.lo]).toEqual([hash.hi, hash.lo]);
        table.sweep(DAY_MS);
        expect([hash.hi, hash.lo]).toEqual([0, 0]);
      },
    ),
  );
});
