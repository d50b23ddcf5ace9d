import fc from "fast-check";
import { expect, test } from "vitest";
import { DedupWindow } from "../../src/delivery/dedup-window.js";

/** Every part at its full width, and different for every n. */
const place = (n: number) => ({
  index: n * (2 ** 33 + 1),
  offset: (n * 257) % 16_384,
  stampMs: 2 ** 41 + n,
});

const sequence = fc.record({
  hi: fc.constantFrom(0, 1, 2 ** 32 - 1),
  lo: fc.oneof(fc.nat(40), fc.integer({ min: 2 ** 32 - 4, max: 2 ** 32 - 1 })),
});
const step = fc.oneof(
  { weight: 4, arbitrary: sequence },
  { weight: 1, arbitrary: fc.constant("drop" as const) },
);

test("it agrees with a list, while it grows, wraps round and gives up its oldest", () => {
  const limits = fc.constantFrom(1, 2, 15, 16, 17, 33, 100);
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 120 }), (max, steps) => {
      const window = new DedupWindow(max);
      const kept: { hi: number; lo: number; n: number }[] = [];
      const drop = (): void => {
        const oldest = kept.shift();
        if (oldest === undefined) return;
        const shown: unknown[] = [];
        window.dropOldest((...args) => shown.push(args));
        expect(shown).toEqual([[oldest.hi, oldest.lo, place(oldest.n)]]);
      };
      steps.forEach((one, n) => {
        if (one === "drop") {
          drop();
          return;
        }
        const { hi, lo } = one;
        const known = kept.find((k) => k.hi === hi && k.lo === lo);
        expect(window.find(hi, lo)).toEqual(known && place(known.n));
        if (known) return;
        expect(window.isFull).toBe(kept.length === max);
        if (window.isFull) drop();
        window.add(hi, lo, place(n));
        kept.push({ hi, lo, n });
        expect(window.size).toBe(kept.length);
      });
      for (const { hi, lo, n } of kept) expect(window.find(hi, lo)).toEqual(place(n));
    }),
  );
});

test("it keeps every place when it grows with its oldest in the middle of the ring", () => {
  const window = new DedupWindow(1000);
  for (let n = 0; n < 16; n += 1) window.add(n % 2, n, place(n));
  for (let n = 0; n < 5; n += 1) window.dropOldest(() => undefined);
  for (let n = 16; n < 200; n += 1) window.add(n % 2, n, place(n));
  for (let n = 5; n < 200; n += 1) {
    expect(window.find(n % 2, n)).toEqual(place(n));
    window.dropOldest((...shown) => {
      expect(shown).toEqual([n % 2, n, place(n)]);
    });
  }
});

test("a full window takes nothing before it gave something up", () => {
  const window = new DedupWindow(1);
  window.add(0, 1, place(1));
  expect(() => window.add(0, 2, place(2))).toThrow(/Q8/);
});

test("an empty window has nothing to give up", () => {
  const window = new DedupWindow(1);
  expect(() => window.dropOldest(() => undefined)).toThrow(/Q8/);
});
