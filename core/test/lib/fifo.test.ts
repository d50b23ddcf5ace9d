import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Fifo } from "../../src/lib/fifo.js";

test("it gives back what it was given, in order, also when much was taken", () => {
  const step = fc.record({ push: fc.nat(3000), take: fc.nat(3000) });
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 5 }), fc.array(step), (start, steps) => {
      const fifo = new Fifo(start);
      const list = [...start];
      let next = 0;
      for (const { push, take } of steps) {
        for (let i = 0; i < push; i += 1) {
          fifo.push(next);
          list.push(next);
          next += 1;
        }
        expect(Array.from({ length: take }, () => fifo.shift())).toEqual(
          Array.from({ length: take }, () => list.shift()),
        );
        expect(fifo.length).toBe(list.length);
        expect(fifo.first()).toBe(list[0]);
      }
    }),
    { numRuns: 30 },
  );
});

test("the list it starts with stays the caller's", () => {
  const start = [1, 2];
  const fifo = new Fifo(start);
  fifo.push(3);
  start.push(4);
  expect(start).toEqual([1, 2, 4]);
  expect([fifo.shift(), fifo.shift(), fifo.shift(), fifo.shift()]).toEqual([1, 2, 3, undefined]);
});

test("what was taken is let go, and all the cutting moves less than was taken", () => {
  const count = 20_000;
  const fifo = new Fifo(Array.from({ length: count }, (_, i) => i));
  const slice = vi.spyOn(Array.prototype, "slice");
  for (let i = 0; i < count; i += 1) {
    fifo.shift();
    // Inside, since nothing outside shows what is kept.
    const kept = (Reflect.get(fifo, "items") as unknown[]).length;
    if (kept > 2 * fifo.length + 1024) expect(kept).toBe("at most twice what waits and 1024");
  }
  const moved = slice.mock.results.map(({ value }) => (value as unknown[]).length);
  slice.mockRestore();
  expect(moved.length).toBeGreaterThan(0);
  expect(moved.reduce((a, b) => a + b, 0)).toBeLessThan(count);
});
