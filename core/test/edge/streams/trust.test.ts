import { expect, test } from "vitest";
import { Trust } from "../../../src/edge/streams/trust.js";

/** How long it rests after each of so many failures, each right after the rest before. */
function rests(trust: Trust, failures: number): number[] {
  const list: number[] = [];
  let nowMs = 10_000;
  for (let i = 0; i < failures; i += 1) {
    trust.rest(nowMs);
    const sinceMs = nowMs;
    while (trust.isResting(nowMs)) nowMs += 1;
    list.push(nowMs - sinceMs);
  }
  return list;
}

test("rests grow and are bounded: a partition is always asked again", () => {
  expect(rests(new Trust(), 7)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
});

test("it is lost from its first failure until it proves itself, and then starts anew", () => {
  const trust = new Trust();
  expect([trust.isLost, trust.isResting(0)]).toEqual([false, false]);
  expect(rests(trust, 3)).toEqual([500, 1_000, 2_000]);
  expect(trust.isLost).toBe(true);
  trust.proved();
  expect([trust.isLost, trust.isResting(0)]).toEqual([false, false]);
  expect(rests(trust, 1)).toEqual([500]);
});
