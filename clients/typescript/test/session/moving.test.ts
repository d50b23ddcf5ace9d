// When a consumer moves to its leader, by times that the test says.
import { describe, expect, it } from "vitest";
import { Moving } from "../../src/session/moving.js";

/** Asks every 250 ms from `fromMs` to `toMs`; the moments at which it would move, and where to. */
function asked(
  moving: Moving<string>,
  at: string,
  fromMs: number,
  toMs: number,
): [number, string][] {
  const moves: [number, string][] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 250) {
    const to = moving.next(at, nowMs);
    if (to !== undefined) moves.push([nowMs, to]);
  }
  return moves;
}

describe("a consumer", () => {
  it("moves to a leader that stays for two seconds", () => {
    const moving = new Moving(() => "b");
    expect(asked(moving, "a", 1_000, 2_750)).toEqual([]);
    expect(asked(moving, "a", 3_000, 3_000)).toEqual([[3_000, "b"]]);
  });

  it("stays where the leader is, or where nobody knows", () => {
    expect(asked(new Moving(() => "a"), "a", 0, 60_000)).toEqual([]);
    expect(asked(new Moving<string>(() => undefined), "a", 0, 60_000)).toEqual([]);
  });

  it("does not follow leaders that come and go", () => {
    let home: string | undefined;
    const moving = new Moving(() => home);
    for (let round = 0; round < 40; round += 1) {
      home = ["b", "c", undefined, "a"][round % 4];
      expect(asked(moving, "a", round * 2_000, round * 2_000 + 1_750)).toEqual([]);
    }
  });

  it("rests between two tries, whether it moved or not", () => {
    let home = "b";
    const moving = new Moving(() => home);
    expect(asked(moving, "a", 0, 16_750)).toEqual([[2_000, "b"]]);
    home = "c";
    expect(asked(moving, "b", 17_000, 40_000)).toEqual([
      [19_000, "c"],
      [34_000, "c"],
    ]);
  });
});
