import { expect, it } from "vitest";
import { runOpenLoop } from "../../src/load/open-loop.js";

/** A clock that moves by a millisecond per pause, and by what an operation says. */
function hand(stalls: ReadonlyMap<number, number> = new Map()) {
  const world = { nowMs: 0, started: [] as number[] };
  return {
    world,
    options: {
      nowMs: () => world.nowMs,
      // Time moves only once everything that ended by now is recorded.
      pause: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        world.nowMs += 1;
      },
      operation: (number: number) => {
        world.started.push(number);
        world.nowMs += stalls.get(number) ?? 0;
        return Promise.resolve();
      },
    },
  };
}

it("starts every operation when it is due", async () => {
  const { world, options } = hand();
  const result = await runOpenLoop({ ...options, perSecond: 500, operations: 50, warmup: 0 });
  expect(world.started).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(result.completed).toBe(50);
  expect(result.lateness.maxMs).toBe(0);
  expect(world.nowMs).toBe(99);
});

it("charges a stall to all operations that were due meanwhile", async () => {
  const { options } = hand(new Map([[10, 100]]));
  const result = await runOpenLoop({ ...options, perSecond: 1000, operations: 1000, warmup: 0 });
  // Operation 10 stalls 100 ms and the pause behind it takes one: 11, due 1 ms into it, waits 100.
  expect(result.lateness.maxMs).toBe(100);
  expect(result.latency.quantileMs(0.5)).toBe(0);
  expect(result.latency.quantileMs(0.95)).toBeGreaterThan(40);
  expect(result.completed).toBe(1000);
});

it("does not measure the warm-up, and says when measuring begins and ends", async () => {
  const moments: [string, number][] = [];
  const { world, options } = hand(new Map([[3, 50]]));
  const result = await runOpenLoop({
    ...options,
    perSecond: 1000,
    operations: 100,
    warmup: 60,
    onMeasure: (moment) => moments.push([moment, world.started.length]),
  });
  expect(result.completed).toBe(40);
  expect(result.latency.count).toBe(40);
  expect(result.latency.maxMs).toBe(0);
  expect(moments).toEqual([
    ["begin", 60],
    ["end", 100],
  ]);
});

it("counts failures and leaves them out of the latency", async () => {
  const { options } = hand();
  const result = await runOpenLoop({
    ...options,
    perSecond: 1000,
    operations: 10,
    warmup: 0,
    operation: (number) => (number < 4 ? Promise.reject(new Error("no")) : Promise.resolve()),
  });
  expect(result.failed).toBe(4);
  expect(result.completed).toBe(6);
  expect(result.latency.count).toBe(6);
  expect(result.firstError).toEqual(new Error("no"));
});
