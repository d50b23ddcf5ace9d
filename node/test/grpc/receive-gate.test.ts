import { expect, it } from "vitest";
import { ReceiveGate } from "../../src/grpc/receive-gate.js";

/** Two places and eight that may wait. */
function small() {
  const clock = { nowMs: 0 };
  const limits = { requestBytesMax: 1 << 20, messageBytesMax: 1 << 18 };
  const gate = new ReceiveGate(limits, () => clock.nowMs);
  const started: number[] = [];
  const enter = (n: number) => gate.enter(() => started.push(n));
  return { clock, gate, started, enter };
}

it("lets in as many as half of the budget has room for, and the next in turn as places come free", () => {
  const { gate, started, enter } = small();
  const entrants = [1, 2, 3, 4].map(enter);
  expect(started).toEqual([1, 2]);
  expect(gate.waitingCount).toBe(2);
  const [first, , , last] = entrants;
  if (!first || !last) throw new Error("all must have been taken");
  gate.leave(first);
  gate.leave(first);
  expect(started).toEqual([1, 2, 3]);
  // Who goes away while it waits takes no place later.
  gate.leave(last);
  expect([gate.insideCount, gate.waitingCount]).toEqual([2, 0]);
});

it("refuses when as many wait as it has windows for", () => {
  const { started, enter } = small();
  const taken = Array.from({ length: 12 }, (_, i) => enter(i) !== undefined);
  expect(taken.filter((isTaken) => isTaken)).toHaveLength(2 + 8);
  expect(started).toEqual([0, 1]);
});

it("a slow sender gives its place up, and only when somebody waits", () => {
  const { clock, gate, started, enter } = small();
  enter(1);
  clock.nowMs = 600;
  enter(2);
  clock.nowMs = 5_000;
  gate.sweep();
  expect(gate.insideCount).toBe(2);
  enter(3);
  clock.nowMs = 5_001;
  gate.sweep();
  expect(started).toEqual([1, 2, 3]);
});

it("a bound below one message still lets one in at a time", () => {
  const gate = new ReceiveGate({ requestBytesMax: 1, messageBytesMax: 4 << 20 }, () => 0);
  let started = 0;
  gate.enter(() => (started += 1));
  gate.enter(() => (started += 1));
  expect(started).toBe(1);
});
