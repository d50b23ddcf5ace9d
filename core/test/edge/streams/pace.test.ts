import { expect, test } from "vitest";
import { Pace } from "../../../src/edge/streams/pace.js";

function after(...samples: readonly number[]): Pace {
  const pace = new Pace();
  for (const ms of samples) pace.note(ms);
  return pace;
}

test("nothing measured, or a fast leader: the shortest wait", () => {
  expect(new Pace().waitMs(300, 3_000)).toBe(300);
  expect(after(1, 2, 1, 3).waitMs(300, 3_000)).toBe(300);
});

test("a slow leader is waited for beyond what it took so far, up to the bound", () => {
  expect(after(500).waitMs(300, 3_000)).toBe(1_500);
  expect(after(...Array<number>(50).fill(700)).waitMs(300, 3_000)).toBe(1_400);
  expect(after(20_000).waitMs(300, 3_000)).toBe(3_000);
});

test("one slow answer is forgotten again", () => {
  expect(after(2_000, ...Array<number>(60).fill(2)).waitMs(300, 3_000)).toBe(300);
});
