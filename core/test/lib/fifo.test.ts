import fc from "fast-check";
import { expect, test } from "vitest";
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
