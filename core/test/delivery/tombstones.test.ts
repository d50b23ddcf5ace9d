import fc from "fast-check";
import { expect, test } from "vitest";
import { StateHash } from "../../src/machine/state-hash.js";
import { Ended, Tombstones } from "../../src/delivery/tombstones.js";
import { levelWith } from "../support/machine-rig.js";

const AGE_MS = 600_000;

test("remembers how one lease ended: message and fence together", () => {
  const t = new Tombstones(
    { level: levelWith({ tombstonesMax: 10, tombstoneMs: AGE_MS }) },
    new StateHash(),
  );
  t.add(5, 1, 2, Ended.acked, 0);
  t.add(5, 1, 3, Ended.nacked, 0);
  expect([t.find(5, 1, 2), t.find(5, 1, 3), t.find(5, 1, 4), t.find(5, 2, 2)]).toEqual([
    Ended.acked,
    Ended.nacked,
    -1,
    -1,
  ]);
});

test("ends of the ranges do not collide", () => {
  const t = new Tombstones(
    { level: levelWith({ tombstonesMax: 10, tombstoneMs: AGE_MS }) },
    new StateHash(),
  );
  t.add(2 ** 42 - 1, 16383, 4294967295, Ended.acked, 0);
  t.add(2 ** 42 - 1, 0, 4294967295, Ended.nacked, 0);
  expect(t.find(2 ** 42 - 1, 16383, 4294967295)).toBe(Ended.acked);
  expect(t.find(2 ** 42 - 1, 0, 4294967295)).toBe(Ended.nacked);
  expect(t.find(2 ** 42 - 1, 16383, 4294967294)).toBe(-1);
});

test("is the last N or ten minutes of group time, whichever ends first", () => {
  const t = new Tombstones(
    { level: levelWith({ tombstonesMax: 3, tombstoneMs: AGE_MS }) },
    new StateHash(),
  );
  for (let i = 1; i <= 4; i += 1) t.add(i, 0, 1, Ended.acked, i * 1000);
  expect([1, 2, 3, 4].map((i) => t.find(i, 0, 1))).toEqual([-1, 1, 1, 1]);
  t.expire(2000 + AGE_MS - 1);
  expect(t.find(2, 0, 1)).toBe(1);
  t.expire(2000 + AGE_MS);
  expect([2, 3, 4].map((i) => t.find(i, 0, 1))).toEqual([-1, 1, 1]);
});

test("behaves like a list, and its hash is that of what it holds", () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant("add" as const), settled: fc.constantFrom(1, 2) }),
    fc.record({ type: fc.constant("pass" as const), ms: fc.nat(AGE_MS / 3) }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 1, max: 50 }),
      (steps, max) => {
        const hash = new StateHash();
        const t = new Tombstones(
          { level: levelWith({ tombstonesMax: max, tombstoneMs: AGE_MS }) },
          hash,
        );
        let list: { index: number; settled: number; stampMs: number }[] = [];
        let nowMs = 0;
        steps.forEach((s, index) => {
          if (s.type === "pass") nowMs += s.ms;
          t.expire(nowMs);
          list = list.filter((l) => l.stampMs > nowMs - AGE_MS);
          if (s.type === "add") {
            t.add(index, 1, 2, s.settled, nowMs);
            list.push({ index, settled: s.settled, stampMs: nowMs });
            list = list.slice(-max);
          }
        });
        const rebuilt = new StateHash();
        const copy = new Tombstones(
          { level: levelWith({ tombstonesMax: max, tombstoneMs: AGE_MS }) },
          rebuilt,
        );
        for (const l of list) copy.add(l.index, 1, 2, l.settled, l.stampMs);
        expect([hash.hi, hash.lo]).toEqual([rebuilt.hi, rebuilt.lo]);
        const held = new Map(list.map((l) => [l.index, l.settled]));
        steps.forEach((_, index) => expect(t.find(index, 1, 2)).toBe(held.get(index) ?? -1));
      },
    ),
  );
});
