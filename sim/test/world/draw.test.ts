import fc from "fast-check";
import { expect, test } from "vitest";
import { between, chance, draw, exponential, kindOf } from "../../src/world/draw.js";

const seed = { hi: 0x12345678, lo: 7 };
const u32 = fc.integer({ min: 0, max: 0xffffffff });

test("golden: draws never change, or every stored plan would mean something else", () => {
  const values = ["net.loss", "disk.unsynced"].flatMap((kind) =>
    [0, 1, 2 ** 33].map((ordinal) => draw(seed, kindOf(kind), 65_538, ordinal)),
  );
  expect(values).toMatchInlineSnapshot(`
    [
      569843167,
      185859252,
      2487862677,
      3525355116,
      3205024062,
      308946335,
    ]
  `);
});

test("golden: exponential delays are integers, bit for bit", () => {
  const values = [0, 1, 1 << 20, 0x7fffffff, 0xfffffffe, 0xffffffff].map((h) =>
    exponential(h, 1_000_000, 100_000_000),
  );
  expect(values).toMatchInlineSnapshot(`
    [
      22180709,
      21487562,
      8317765,
      693147,
      0,
      0,
    ]
  `);
});

test("a draw depends on each of its coordinates", () => {
  fc.assert(
    fc.property(u32, u32, u32, fc.nat(), (hi, lo, site, ordinal) => {
      const kind = kindOf("net.loss");
      const value = draw({ hi, lo }, kind, site, ordinal);
      expect(value).toBe(draw({ hi, lo }, kind, site, ordinal));
      const others = [
        draw({ hi: hi ^ 1, lo }, kind, site, ordinal),
        draw({ hi, lo: lo ^ 1 }, kind, site, ordinal),
        draw({ hi, lo }, kindOf("net.delay"), site, ordinal),
        draw({ hi, lo }, kind, site ^ 1, ordinal),
        draw({ hi, lo }, kind, site, ordinal + 1),
      ];
      // Five 32-bit values: one may collide by chance, three never do.
      expect(others.filter((other) => other === value).length).toBeLessThan(3);
    }),
  );
});

test("chance keeps its rate, its ends and its place", () => {
  let hits = 0;
  for (let i = 0; i < 20_000; i += 1) if (chance(draw(seed, 1, 2, i), 250_000)) hits += 1;
  expect(hits).toBeGreaterThan(4_500);
  expect(hits).toBeLessThan(5_500);
  fc.assert(
    fc.property(u32, (h) => {
      expect(chance(h, 0)).toBe(false);
      expect(chance(h, 1_000_000)).toBe(true);
    }),
  );
});

test("between covers its ends and nothing else", () => {
  const seen = new Set<number>();
  for (let i = 0; i < 1_000; i += 1) seen.add(between(draw(seed, 3, 0, i), 5, 8));
  expect([...seen].sort((a, b) => a - b)).toEqual([5, 6, 7, 8]);
});

test("exponential: the mean is right, the cap holds, it falls as the hash grows", () => {
  let sum = 0;
  for (let i = 0; i < 20_000; i += 1) sum += exponential(draw(seed, 4, 0, i), 1_000, 1_000_000);
  expect(sum / 20_000).toBeGreaterThan(950);
  expect(sum / 20_000).toBeLessThan(1_050);
  fc.assert(
    fc.property(u32, u32, fc.integer({ min: 1, max: 1e9 }), (a, b, mean) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const value = exponential(low, mean, 3 * mean);
      expect(Number.isSafeInteger(value) && value >= 0 && value <= 3 * mean).toBe(true);
      expect(exponential(high, mean, 3 * mean)).toBeLessThanOrEqual(value);
    }),
  );
});
