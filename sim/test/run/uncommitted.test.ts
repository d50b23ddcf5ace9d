import { expect, test } from "vitest";
import { uncommitted } from "../../src/run/uncommitted.js";
import type { World } from "../../src/world/world.js";

interface Replica {
  id: number;
  isServing: boolean;
  raft: { commitIndex: number; log: { lastIndex: number } };
}

/** Two nodes with a replica of group 4 each; the first one leads. */
function stage(
  commitIndex: number,
  lastIndex: number,
): { world: World; replicas: readonly Replica[] } {
  const replicas = [true, false].map((isServing): Replica => {
    return { id: 4, isServing, raft: { commitIndex, log: { lastIndex } } };
  });
  const nodes = replicas.map((replica, n) => {
    const groups = new Map([[replica.id, replica]]);
    return { number: n + 1, process: { host: { context: { groups } } } };
  });
  return { world: { nodes } as unknown as World, replicas };
}

test("L4: a leader that commits none of what it holds is named", () => {
  const { world } = stage(7, 9);
  expect(uncommitted(world)()).toBe(
    "group 4: n1 leads, holds entries to 9, and commits none after 7",
  );
});

test("L4: what was there is committed, however much follows it", () => {
  const { world, replicas } = stage(7, 9);
  const problem = uncommitted(world);
  replicas[0].raft = { commitIndex: 9, log: { lastIndex: 12 } };
  expect(problem()).toBeUndefined();
});

test("L4: a later leader that holds less has lost nothing that counts", () => {
  const { world, replicas } = stage(7, 9);
  const problem = uncommitted(world);
  replicas[0].isServing = false;
  replicas[1].isServing = true;
  replicas[1].raft = { commitIndex: 8, log: { lastIndex: 8 } };
  expect(problem()).toBeUndefined();
});
