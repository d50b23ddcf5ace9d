// What people read of results.

import { describe, expect, test } from "vitest";
import type { Verdict } from "../../src/score/hunt.js";
import type { Result } from "../../src/score/ledger.js";
import { markdown, screen, table, type Story } from "../../src/score/report.js";

function result(id: number, room: string, verdict: Verdict): Result {
  const isEnded = verdict === "killed" || verdict === "timed out";
  return {
    id,
    room,
    file: `core/src/${room}/a.ts`,
    line: 7,
    column: 1,
    mutator: "EqualityOperator",
    original: "a < b",
    replacement: "a <= b",
    verdict,
    by: isEnded ? "Q3" : null,
    seed: isEnded ? 12 : null,
    message: "",
    tried: verdict === "not reached" ? 0 : 2,
    different: 1,
    cpuMs: 3000,
    seedsMax: 60,
  };
}

const results = [
  result(1, "raft", "killed"),
  result(2, "raft", "timed out"),
  result(3, "raft", "survived"),
  result(4, "edge", "not reached"),
];

const story: Story = {
  commit: "abc",
  date: "2026-01-02",
  mutants: 900,
  sample: "Sample of 5, seed 1",
  seedsMax: 60,
  refused: 2,
  unsound: [{ seed: 8, rule: "L2" }],
  results,
  open: 1,
  coverCpuSeconds: 20,
};

describe("the table", () => {
  test("counts by room; the score is of what was reached", () => {
    expect(table(results).split("\n")).toEqual([
      "room  killed  timed out  survived  not reached  score",
      "edge       0          0         0            1      -",
      "raft       1          1         1            0   67 %",
      "all        1          1         1            1   67 %",
    ]);
  });
});

describe("the screen and the page", () => {
  test("name each survivor with its place and its diff, and what was not judged", () => {
    const text = screen(story);
    expect(text).toContain(`core/src/raft/a.ts:7 (mutant 3, EqualityOperator)
  passed by 2 seeds, of which 1 went another way and were green all the same
  - a < b
  + a <= b`);
    expect(text).toContain("2 more were drawn and do not compile");
    expect(text).toContain("1 of the sample are not judged yet");
    expect(text).toContain("on which none ran: 8 (L2)");
    expect(text).toContain("ended 2, 3.0 s each; survived 1, 3.0 s each");
  });

  test("are one document with one title, with all that is known when that is more", () => {
    const page = markdown(story, [...results, result(9, "edge", "survived")]);
    expect(page.match(/^# /gm)).toHaveLength(1);
    expect(page).toContain("| raft | 1 | 1 | 1 | 0 | 67 % |");
    expect(page).toContain("```diff\n- a < b\n+ a <= b\n```");
    expect(page).toContain("Noticed by: Q3 2.");
    expect(page).toContain("## All that is known of these sources");
    expect(page).toContain("## Not reached\n\n- core/src/edge/a.ts:7 (mutant 4, EqualityOperator)");
    expect(markdown(story, results)).not.toContain("All that is known");
  });
});
