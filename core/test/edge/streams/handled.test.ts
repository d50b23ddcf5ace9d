import { expect, test } from "vitest";
import { HandledGrants } from "../../../src/edge/streams/handled.js";

test("rev-B12: grants of several rounds in one entry are told apart", () => {
  const handled = new HandledGrants(10);
  handled.mark(7, 2);
  expect([handled.isDone(7, 2), handled.isDone(7, 3)]).toEqual([true, false]);
  handled.mark(7, 3);
  handled.mark(7, 4);
  handled.mark(7, 3);
  expect([2, 3, 4, 5].map((round) => handled.isDone(7, round))).toEqual([true, true, true, false]);
  expect(handled.size).toBe(3);
});

test("the later in the log is known by entry, then by round", () => {
  const handled = new HandledGrants(10);
  expect(handled.isPast(1, 1)).toBe(false);
  handled.mark(7, 3);
  handled.mark(5, 9);
  const past = [
    [6, 9],
    [7, 2],
    [7, 3],
    [8, 1],
  ].map(([index, round]) => handled.isPast(index, round));
  expect(past).toEqual([true, true, false, false]);
});

test("E4: what fell out of the memory counts as handled, and its bound is kept", () => {
  const handled = new HandledGrants(4);
  handled.mark(1, 1);
  handled.mark(1, 2);
  expect(handled.wasHandled(1, 3)).toBe(false);
  for (let index = 2; index <= 5; index += 1) handled.mark(index, 1);
  expect(handled.size).toBe(4);
  expect(handled.isDone(1, 1)).toBe(false);
  const seen = [1, 2, 5, 6].map((index) => handled.wasHandled(index, 1));
  expect(seen).toEqual([true, true, true, false]);
});

test("E4: whatever comes late and old, what fell out counts as handled", () => {
  const handled = new HandledGrants(2);
  for (const index of [10, 11, 3, 12]) handled.mark(index, 1);
  const seen = [10, 11, 3, 12, 13].map((index) => handled.wasHandled(index, 1));
  expect(seen).toEqual([true, true, true, true, false]);
});

test("D-91: what a digest gave back never came: it goes back again, and late items of it are nothing", () => {
  const handled = new HandledGrants(2);
  handled.mark(4, 1);
  for (let index = 5; index <= 9; index += 1) handled.refuse(index, 1);
  expect([5, 7, 9].map((index) => handled.wasHandled(index, 1))).toEqual([false, false, false]);
  expect([4, 8, 9, 10].map((index) => handled.isDone(index, 1))).toEqual([true, true, true, false]);
  // Beyond what is remembered one by one, the order of grants says that it is too late.
  expect([6, 8, 10].map((index) => handled.isPast(index, 1))).toEqual([true, true, false]);
  expect(handled.size).toBe(3);
});
