import { expect, it } from "vitest";
import { LoadGarbage } from "../../src/memory/load-garbage.js";

const MIB = 1 << 20;

function load(heapBytes = 0) {
  const waiting: (() => void)[] = [];
  let collections = 0;
  const garbage = new LoadGarbage({
    collect: () => (collections += 1),
    heapBytes: () => heapBytes,
    later: (call) => waiting.push(call),
  });
  const cameIn = (count: number, bytes: number): void => {
    for (let i = 0; i < count; i += 1) garbage.cameIn(bytes);
  };
  const run = (): number => {
    for (const call of waiting.splice(0)) call();
    return collections;
  };
  return { cameIn, run };
}

it("collects after each 64 MiB of large messages, once what is under way is done", () => {
  const { cameIn, run } = load();
  cameIn(63, MIB);
  expect(run()).toBe(0);
  cameIn(1, MIB);
  expect(run()).toBe(1);
  cameIn(127, MIB);
  expect(run()).toBe(2);
});

it("leaves small messages to V8", () => {
  const { cameIn, run } = load();
  cameIn(100_000, 10_000);
  expect(run()).toBe(0);
});

it("lets more come in between two collections where each takes longer", () => {
  const { cameIn, run } = load(100 * MIB);
  cameIn(99, MIB);
  expect(run()).toBe(0);
  cameIn(1, MIB);
  expect(run()).toBe(1);
});
