import { expect, test } from "vitest";
import { compareLeases, leaseKey } from "../../src/lib/lease-name.js";

const lease = (index: number, offset: number, fence: number) => ({ index, offset, fence });

test("leases are in the order of their messages, and of one message in that of their fences", () => {
  const inOrder = [lease(1, 2, 9), lease(2, 0, 1), lease(2, 1, 1), lease(2, 1, 2), lease(10, 0, 1)];
  expect([...inOrder].reverse().sort(compareLeases)).toEqual(inOrder);
});

test("no two leases of a group have the same key", () => {
  const leases = [lease(1, 11, 1), lease(11, 1, 1), lease(1, 1, 11), lease(1, 1, 1)];
  expect(new Set(leases.map(leaseKey)).size).toBe(leases.length);
  expect(leaseKey({ ...lease(7, 3, 2) })).toBe("7.3.2");
});
