// The bound of a run's events: the same on every machine, and no part of the run.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import { runPlan } from "../../src/run/run-plan.js";

const plan = JSON.parse(
  readFileSync(new URL("../../../scenarios/fast/leases-run-out.json", import.meta.url), "utf8"),
) as Plan;

test("a run that uses up its events has failed as one that did not end", () => {
  const whole = runPlan(plan);
  expect(whole.failure).toBeUndefined();
  const { failure, events } = runPlan(plan, { eventsMax: whole.events - 1 });
  expect(failure).toMatchObject({
    rule: "did not end",
    message: `the run did not end within ${whole.events - 1} events`,
  });
  expect(events).toBe(whole.events - 1);
  const { trace } = runPlan(plan, { eventsMax: whole.events });
  expect(trace).toBe(whole.trace);
});
