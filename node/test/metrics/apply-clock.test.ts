import { expect, it } from "vitest";
import { ApplyClock } from "../../src/metrics/apply-clock.js";

function start() {
  const seen: string[] = [];
  const at = { ms: 0 };
  const clock = new ApplyClock(
    () => at.ms,
    (group, ms) => seen.push(`${group}: ${ms}`),
  );
  return { seen, at, clock };
}

it("times what this node proposed, once", () => {
  const { seen, at, clock } = start();
  clock.proposed(4, 1);
  clock.proposed(5, 1);
  at.ms = 7;
  clock.applied(4, 1);
  clock.applied(4, 1);
  clock.applied(4, 2);
  expect(seen).toEqual(["4: 7"]);
});

it("forgets what another leader may overwrite", () => {
  const { seen, clock } = start();
  clock.proposed(4, 1);
  clock.roleChanged(4);
  clock.applied(4, 1);
  expect(seen).toEqual([]);
});

it("remembers a bounded number of entries", () => {
  const { seen, clock } = start();
  for (let index = 1; index <= 5000; index += 1) clock.proposed(4, index);
  for (let index = 1; index <= 5000; index += 1) clock.applied(4, index);
  expect(seen).toHaveLength(4096);
});
