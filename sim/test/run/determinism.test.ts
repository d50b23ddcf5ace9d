// Same plan, same run, byte for byte; and D-61: taking one operation or fault out of a plan leaves what
// every other draw decided as it was, so that a failing plan can be shrunk.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { HistoryLine } from "linearizability";
import { beforeAll, describe, expect, test } from "vitest";
import { expandPlan } from "../../src/plan/expand.js";
import type { FaultPlan, OperationPlan, Plan } from "../../src/plan/plan.js";
import { runPlan, type RunResult } from "../../src/run/run-plan.js";

const scenario = (name: string): Plan =>
  JSON.parse(
    readFileSync(new URL(`../../../scenarios/${name}.json`, import.meta.url), "utf8"),
  ) as Plan;

/** A seed's plan cut to its first seconds: everything in it, in a tenth of the time. */
function beginning(seed: string, durationMs: number): Plan {
  const plan = expandPlan(seed);
  const until = <T extends { readonly atMs: number }>(one: T): T =>
    "untilMs" in one && typeof one.untilMs === "number"
      ? { ...one, untilMs: Math.min(one.untilMs, durationMs) }
      : one;
  return {
    ...plan,
    durationMs,
    operations: plan.operations.filter((o) => o.atMs < durationMs).map(until),
    faults: plan.faults.filter((f) => f.atMs < durationMs).map(until),
  };
}

describe("same plan, same trace", () => {
  const plans: readonly (readonly [string, Plan])[] = [
    ["a scenario", scenario("fast/leases-run-out")],
    ["the beginning of seed 7", beginning("7", 9_000)],
    ["the beginning of seed 12", beginning("12", 9_000)],
  ];

  test.each(plans)("%s, run twice, and once more from its own JSON", (_, plan) => {
    const first = runPlan(plan);
    const labels: string[] = [];
    const again = runPlan(plan, { onTrace: (label, hash) => labels.push(`${label} ${hash}`) });
    const { trace, events, simulatedMs, history } = again;
    expect({ trace, events, simulatedMs }).toEqual({
      trace: first.trace,
      events: first.events,
      simulatedMs: first.simulatedMs,
    });
    expect(history).toEqual(first.history);
    expect(labels.at(-1)?.endsWith(trace)).toBe(true);
    expect(runPlan(JSON.parse(JSON.stringify(plan)) as Plan).trace).toBe(trace);
  });

  test("another seed, another trace", () => {
    const plan = scenario("fast/quiet");
    expect(runPlan({ ...plan, seedLo: plan.seedLo + 1 }).trace).not.toBe(runPlan(plan).trace);
  });
});

describe("D-61: a plan with one part taken out", () => {
  const plan = beginning("4", 14_000);
  let whole: RunResult;

  beforeAll(() => {
    whole = runPlan(plan);
  });

  function before(lines: readonly HistoryLine[], atMs: number): HistoryLine[] {
    return lines.filter((line) => (line.time ?? 0) < atMs * 1000);
  }

  /** Until the part would have begun, the two runs are the same run. */
  function expectSameUntil(part: OperationPlan | FaultPlan, without: Plan): void {
    const run = runPlan(without);
    expect(before(run.history, part.atMs)).toEqual(before(whole.history, part.atMs));
  }

  test("has enough parts to try", () => {
    expect(plan.operations.length).toBeGreaterThan(20);
    expect(plan.faults.length).toBeGreaterThan(1);
    expect(whole.failure).toBeUndefined();
  });

  test("is the same run until that operation", () => {
    fc.assert(
      fc.property(fc.nat(plan.operations.length - 1), (i) => {
        const operations = plan.operations.filter((_, at) => at !== i);
        expectSameUntil(plan.operations[i], { ...plan, operations });
      }),
      { numRuns: 5 },
    );
  });

  test("is the same run until that fault", () => {
    for (const [i, fault] of plan.faults.entries()) {
      if (fault.atMs === 0) continue;
      expectSameUntil(fault, { ...plan, faults: plan.faults.filter((_, at) => at !== i) });
    }
  });

  test("keeps every draw of the other clients: who acks, nacks or forgets which delivery", () => {
    // Two topics that share no client: without the first one's consumers the second's fates stay.
    const base = scenario("fast/quiet");
    const fates = (one: Plan): unknown[] => {
      const lines = runPlan(one).history.filter((line) => line.process === "c1");
      const lease = ({ value }: HistoryLine): string => {
        const { messageId, fence } = value as { messageId?: string; fence?: unknown };
        return `${messageId} ${JSON.stringify(fence)}`;
      };
      const settled = new Map<string, string>();
      for (const line of lines) {
        const isSettle = line.type === "invoke" && /^(ack|nack)$/.test(line.f);
        if (isSettle && !settled.has(lease(line))) settled.set(lease(line), line.f);
      }
      // By delivery: when each is settled is a matter of when it came.
      const deliveries = lines.filter((line) => line.type === "ok" && line.f === "pop");
      return deliveries.flatMap((line) => settled.get(lease(line)) ?? []);
    };
    const consumers = base.operations.filter(({ type }) => type === "consume");
    const habits = { ack: 500_000, nack: 500_000 };
    const mixed: Plan = {
      ...base,
      operations: base.operations.map((one) =>
        one.type === "consume" ? { ...one, habits: { ...one.habits, ...habits } } : one,
      ),
    };
    expect(consumers.length).toBeGreaterThan(2);
    const others = mixed.operations.filter((one) => !(one.type === "consume" && one.id !== 1));
    const [all, alone] = [fates(mixed), fates({ ...mixed, operations: others })];
    const shared = Math.min(all.length, alone.length);
    expect(shared).toBeGreaterThan(5);
    expect(new Set(all.slice(0, shared)).size).toBe(2);
    expect(alone.slice(0, shared)).toEqual(all.slice(0, shared));
  });
});
