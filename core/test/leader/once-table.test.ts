import { expect, test } from "vitest";
import { OnceTable } from "../../src/leader/once-table.js";

test("an attempt is new once; another attempt, request, edge or incarnation is another", () => {
  const table = new OnceTable();
  expect(table.isRepeat(1, 1, 10, 1)).toBe(false);
  expect(table.isRepeat(1, 1, 10, 1)).toBe(true);
  expect(table.isRepeat(1, 1, 10, 2)).toBe(false);
  expect(table.isRepeat(1, 1, 11, 1)).toBe(false);
  expect(table.isRepeat(2, 1, 10, 1)).toBe(false);
  expect(table.isRepeat(1, 2, 10, 1)).toBe(false);
});

test("the last 65,536 attempts of an edge are remembered, and no more are kept", () => {
  const table = new OnceTable();
  for (let request = 0; request < 65_537; request += 1) table.isRepeat(1, 1, request, 1);
  expect(table.isRepeat(1, 1, 1, 1)).toBe(true);
  expect(table.isRepeat(1, 1, 65_536, 1)).toBe(true);
  expect(table.isRepeat(1, 1, 0, 1)).toBe(false);
});

test("the ring stays right however often it has come round", () => {
  const table = new OnceTable();
  const count = 3 * 65_536 + 5;
  for (let request = 0; request < count; request += 1) table.isRepeat(1, 1, request, request % 3);
  let known = 0;
  for (let request = count - 65_536; request < count; request += 1) {
    if (table.isRepeat(1, 1, request, request % 3)) known += 1;
  }
  expect(known).toBe(65_536);
  expect(table.isRepeat(1, 1, count - 65_537, (count - 65_537) % 3)).toBe(false);
});

test("ONCE1: the look-up holds what is in the ring", () => {
  const table = new OnceTable();
  table.isRepeat(1, 1, 10, 1);
  const { edges } = table as unknown as { edges: Map<number, { attempts: number[] }> };
  edges.get(1)?.attempts.push(7);
  expect(() => table.isRepeat(1, 1, 11, 1)).toThrow(/^ONCE1/);
});
