import { expect, test } from "vitest";
import { uncommitted } from "../../src/run/uncommitted.js";
import type { World } from "../../src/world/world.js";

interface Slot {
  id: number;
  isServing: boolean;
  raft: { commitIndex: number; log: { lastIndex: number } };
}

/** Two nodes with a replica of group 4 each; the first one leads. */
function stage(commitIndex: number, lastIndex: number): { world: World; slots: readonly Slot[] } {
  const slots = [true, false].map((isServing): Slot => {
    return { id: 4, isServing, raft: { commitIndex, log: { lastIndex } } };
  });
  const nodes = slots.map((slot, n) => {
    const groups = new Map([[slot.id, slot]]);
    return { number: n + 1, process: { host: { context: { groups } } } };
  });
  return { world: { nodes } as unknown as World, slots };
}

test("L4: a leader that commits none of what it holds is named", () => {
  const { world } = stage(7, 9);
  expect(uncommitted(world)()).toBe(
    "group 4: n1 leads, holds entries to 9, and commits none after 7",
  );
});

test("L4: what was there is committed, however much follows it", () => {
  const { world, slots } = stage(7, 9);
  const problem = uncommitted(world);
  slots[0].raft = { commitIndex: 9, log: { lastIndex: 12 } };
  expect(problem()).toBeUndefined();
});

test("L4: a later leader that holds less has lost nothing that counts", () => {
  const { world, slots } = stage(7, 9);
  const problem = uncommitted(world);
  slots[0].isServing = false;
  slots[1].isServing = true;
  slots[1].raft = { commitIndex: 8, log: { lastIndex: 8 } };
  expect(problem()).toBeUndefined();
});
