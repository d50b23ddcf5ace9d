import { describe, expect, it, vi } from "vitest";
import { checkDisheap, formatViolation } from "../../src/index.js";
import type { Bug } from "../support/queue-machine.js";
import { GRACE_MS, QueueWorld } from "../support/queue-world.js";
import { Random } from "../support/random.js";

// Many histories on a busy machine: slowness is no failure.
vi.setConfig({ testTimeout: 1_800_000 });

/** `CHECKER_HISTORIES=40000` runs more. */
const HISTORIES = Number(process.env.CHECKER_HISTORIES ?? 800);
const STEPS = 400;

function violationsOf(seed: number, bug?: Bug): { rule: string; text: string }[] {
  const lines = new QueueWorld(new Random(seed), bug).run(STEPS);
  const report = checkDisheap(lines, { disconnectGraceMs: GRACE_MS });
  return report.guarantees.flatMap((one) =>
    one.rules.flatMap(({ rule, violation }) =>
      violation === undefined ? [] : [{ rule, text: formatViolation(violation) }],
    ),
  );
}

describe("Disheap's rules", () => {
  it(`never accuse a queue without a bug (${HISTORIES} histories)`, () => {
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const found = violationsOf(seed);
      if (found.length > 0)
        expect.fail(`seed ${seed}\n${found.map(({ text }) => text).join("\n")}`);
    }
  });

  it.each<[Bug, string]>([
    ["loses-enqueue", "Q1"],
    ["ack-forgotten", "Q5"],
    ["second-lease", "Q3"],
    ["fence-reset", "Q4"],
    ["stale-token", "Q4"],
    ["worst-first", "Q14"],
    ["worst-first", "P2"],
    ["nack-drops-priority", "Q13"],
    ["dedup-forgotten", "Q8"],
    ["attempts-forgotten", "Q9"],
    ["delay-ignored", "Q11"],
    ["limit-ignored", "Q10"],
  ])("find %s by %s", (bug, rule) => {
    const seeds = Array.from({ length: 60 }, (_, nth) => nth + 1);
    expect(
      seeds.filter((seed) => violationsOf(seed, bug).some((one) => one.rule === rule)),
    ).not.toEqual([]);
  });
});
