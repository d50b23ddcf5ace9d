import { expect, it } from "vitest";
import { ClosedLoop } from "../../src/load/closed-loop.js";

/** Operations that end when told to, in any order. */
class Held {
  readonly open: (() => void)[] = [];
  most = 0;

  readonly operation = (): Promise<void> =>
    new Promise((resolve) => {
      this.open.push(resolve);
      this.most = Math.max(this.most, this.open.length);
    });

  async release(count: number): Promise<void> {
    for (const resolve of this.open.splice(0, count)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it("keeps exactly the window under way", async () => {
  const held = new Held();
  const loop = new ClosedLoop({ window: 4, operation: held.operation, nowMs: () => 0 });
  loop.start();
  for (let i = 0; i < 10; i += 1) {
    expect(held.open).toHaveLength(4);
    await held.release(1 + (i % 4));
  }
  const stopped = loop.stop();
  await held.release(4);
  await stopped;
  expect(held.most).toBe(4);
  expect(held.open).toHaveLength(0);
});

it("counts in a phase what ended in it, with its whole latency", async () => {
  let nowMs = 0;
  const held = new Held();
  const loop = new ClosedLoop({ window: 1, operation: held.operation, nowMs: () => nowMs });
  loop.start();
  nowMs = 10;
  loop.beginPhase();
  nowMs = 30;
  await held.release(1);
  nowMs = 50;
  const phase = loop.endPhase();
  expect(phase.completed).toBe(1);
  expect(phase.elapsedMs).toBe(40);
  expect(phase.latency.maxMs).toBe(30);
  const stopped = loop.stop();
  await held.release(1);
  await stopped;
  expect(loop.endPhase().completed).toBe(1);
});

it("goes on after a failure, counts it, and keeps the first error", async () => {
  const loop = new ClosedLoop({
    window: 2,
    operationsMax: 10,
    nowMs: () => 0,
    operation: (number) =>
      number % 2 === 1 ? Promise.reject(new Error(`no ${number}`)) : Promise.resolve(),
  });
  loop.start();
  await loop.ended();
  expect(loop.failed).toBe(5);
  expect(loop.firstError).toEqual(new Error("no 1"));
  expect(loop.endPhase().completed).toBe(5);
});
