import fc from "fast-check";
import { expect, test } from "vitest";
import { DedupWindow } from "../../src/delivery/dedup-window.js";

const place = (n: number) => ({ index: n * 2 ** 21, offset: n % 16_384, stampMs: 1e12 + n });

const sequence = fc.record({
  hi: fc.constantFrom(0, 1, 2 ** 32 - 1),
  lo: fc.oneof(fc.nat(40), fc.integer({ min: 2 ** 32 - 4, max: 2 ** 32 - 1 })),
});

test("it agrees with a list, while it grows, wraps round and gives up its oldest", () => {
  const limits = fc.constantFrom(1, 2, 15, 16, 17, 33);
  fc.assert(
    fc.property(limits, fc.array(sequence, { maxLength: 120 }), (max, sequences) => {
      const window = new DedupWindow(max);
      const kept: { hi: number; lo: number; n: number }[] = [];
      sequences.forEach(({ hi, lo }, n) => {
        const known = kept.find((k) => k.hi === hi && k.lo === lo);
        expect(window.find(hi, lo)).toEqual(known && place(known.n));
        if (known) return;
        if (window.isFull) {
          const oldest = kept.shift();
          window.dropOldest((...shown) => {
            expect(shown).toEqual([oldest?.hi, oldest?.lo, place(oldest?.n ?? -1)]);
          });
        }
        window.add(hi, lo, place(n));
        kept.push({ hi, lo, n });
        expect(window.size).toBe(kept.length);
      });
      for (const { hi, lo, n } of kept) expect(window.find(hi, lo)).toEqual(place(n));
    }),
  );
});

test("a full window takes nothing before it gave something up", () => {
  const window = new DedupWindow(1);
  window.add(0, 1, place(1));
  expect(() => window.add(0, 2, place(2))).toThrow(/Q8/);
});
