import fc from "fast-check";
import { expect, test } from "vitest";
import { DueGroups } from "../../src/member/due-groups.js";
import type { Replica } from "../../src/member/replica.js";

/** The only parts of a replica that the order looks at. */
const replicaOf = (id: number): Replica => ({ id, dueMs: Infinity }) as unknown as Replica;

test("groups come out by time, then by id, and only when they are due", () => {
  const due = new DueGroups();
  const [a, b, c] = [replicaOf(7), replicaOf(3), replicaOf(5)];
  due.set(a, 20);
  due.set(b, 20);
  due.set(c, 10);
  expect(due.firstMs).toBe(10);
  expect(due.take(9)).toBeUndefined();
  expect([due.take(20), due.take(20), due.take(20), due.take(20)]).toEqual([c, b, a, undefined]);
  expect(due.firstMs).toBe(Infinity);
});

test("a group that was taken keeps its time and comes back when it is set again, even to the same", () => {
  const due = new DueGroups();
  const replica = replicaOf(1);
  due.set(replica, 5);
  due.take(5);
  expect(replica.dueMs).toBe(5);
  due.set(replica, 5);
  expect(due.take(5)).toBe(replica);
});

test("a group that waits for nothing is not there, whatever the time, and its replica says so", () => {
  const due = new DueGroups();
  const [never, deleted, unset] = [replicaOf(1), replicaOf(2), replicaOf(3)];
  due.set(never, Infinity);
  due.set(deleted, 5);
  due.delete(deleted);
  due.set(unset, 5);
  due.set(unset, Infinity);
  expect(due.take(Infinity)).toBeUndefined();
  expect([never, deleted, unset].map((replica) => replica.dueMs)).toEqual(Array(3).fill(Infinity));
});

test("seats are used again, so that groups may come and go for ever", () => {
  const due = new DueGroups();
  for (let id = 1; id <= 1000; id += 1) {
    const replica = replicaOf(id);
    due.set(replica, id);
    if (id % 2 === 0) due.delete(replica);
    else due.take(id);
  }
  // Inside, since nothing outside shows it.
  expect(Reflect.get(due, "seats")).toHaveLength(1);
});

const step = fc.record({
  id: fc.integer({ min: 1, max: 8 }),
  dueMs: fc.oneof(fc.nat(20), fc.constant(Infinity)),
  action: fc.constantFrom("set", "delete", "take"),
});

test("it agrees with looking at every group", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const due = new DueGroups();
      const replicas = Array.from({ length: 9 }, (_, id) => replicaOf(id));
      const waiting = new Map<number, number>();
      for (const { id, dueMs, action } of steps) {
        if (action === "set") {
          due.set(replicas[id], dueMs);
          if (dueMs === Infinity) waiting.delete(id);
          else waiting.set(id, dueMs);
        } else if (action === "delete") {
          due.delete(replicas[id]);
          waiting.delete(id);
        } else {
          const sorted = [...waiting].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
          const first = sorted[0]?.[0];
          expect(due.take(20)?.id).toBe(first);
          if (first !== undefined) waiting.delete(first);
        }
        expect(due.firstMs).toBe(Math.min(Infinity, ...waiting.values()));
      }
    }),
  );
});
