// Expansion of seeds is pinned: a seed that failed once must mean the same plan for ever. A change that
// is meant to move every seed renews the snapshots (npx vitest run sim/test/plan -u) and says so.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandPlan } from "../../src/plan/expand.js";
import type { FaultPlan, OperationPlan, Plan } from "../../src/plan/plan.js";

function digest(plan: Plan): object {
  const count = (values: readonly string[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const value of [...values].sort()) counts[value] = (counts[value] ?? 0) + 1;
    return counts;
  };
  return {
    sha256: createHash("sha256").update(JSON.stringify(plan)).digest("hex"),
    nodes: plan.nodes,
    topics: plan.topics.map(({ mode, partitions, replicationFactor }) => ({
      mode,
      partitions,
      replicationFactor,
    })),
    operations: count(plan.operations.map(({ type }) => type)),
    faults: count(plan.faults.map(({ kind }) => kind)),
  };
}

describe("golden", () => {
  test("seed 1 never changes", () => {
    expect(digest(expandPlan("1"))).toMatchInlineSnapshot(`
      {
        "faults": {
          "clock.skew": 1,
          "disk.stall": 2,
          "net.clog": 3,
          "net.loss": 3,
          "net.reset": 4,
          "proc.crash": 1,
        },
        "nodes": 5,
        "operations": {
          "consume": 10,
          "enqueue": 174,
          "read": 12,
        },
        "sha256": "2a490512c5465735be601cbeb192df5504ff1ecd1ebd0636f759f2c85798974b",
        "topics": [
          {
            "mode": "MAX",
            "partitions": 1,
            "replicationFactor": 3,
          },
          {
            "mode": "MIN",
            "partitions": 4,
            "replicationFactor": 3,
          },
          {
            "mode": "MIN",
            "partitions": 4,
            "replicationFactor": 3,
          },
          {
            "mode": "MIN",
            "partitions": 1,
            "replicationFactor": 5,
          },
        ],
      }
    `);
  });

  test("seed 7 never changes", () => {
    expect(digest(expandPlan("7"))).toMatchInlineSnapshot(`
      {
        "faults": {
          "clock.skew": 1,
          "disk.stall-leader": 1,
          "net.delay": 2,
          "net.partition": 1,
          "net.reset": 1,
          "peer.foreign": 2,
          "proc.crash": 3,
        },
        "nodes": 3,
        "operations": {
          "consume": 11,
          "enqueue": 206,
          "read": 12,
        },
        "sha256": "77fad6847e38a902e94215270604a1369846feac8f6753ebfc266068551e2764",
        "topics": [
          {
            "mode": "MIN",
            "partitions": 1,
            "replicationFactor": 3,
          },
          {
            "mode": "MAX",
            "partitions": 3,
            "replicationFactor": 3,
          },
          {
            "mode": "MIN",
            "partitions": 4,
            "replicationFactor": 3,
          },
          {
            "mode": "MAX",
            "partitions": 3,
            "replicationFactor": 3,
          },
        ],
      }
    `);
  });

  test("seed 500 never changes", () => {
    expect(digest(expandPlan("500"))).toMatchInlineSnapshot(`
      {
        "faults": {
          "clock.skew": 2,
          "disk.stall": 1,
          "net.clog": 1,
          "net.delay": 1,
          "net.loss": 2,
          "net.reset": 2,
          "peer.foreign": 1,
          "proc.crash": 6,
        },
        "nodes": 3,
        "operations": {
          "consume": 16,
          "delete": 1,
          "enqueue": 192,
          "read": 12,
        },
        "sha256": "6dbf876ccde09059f2ddb09bd28529f012a808e614b6e6b94c9582f2963ded5a",
        "topics": [
          {
            "mode": "MAX",
            "partitions": 1,
            "replicationFactor": 3,
          },
          {
            "mode": "MAX",
            "partitions": 4,
            "replicationFactor": 3,
          },
        ],
      }
    `);
  });
});

const seeds = fc.integer({ min: 1, max: 1_000_000 }).map(String);

/** The members that a fault names. */
function nodesOf(fault: FaultPlan): readonly number[] {
  if ("nodes" in fault) return fault.nodes;
  if ("side" in fault) return fault.side;
  if ("from" in fault) return [fault.from, fault.to];
  return "node" in fault ? [fault.node] : [];
}

describe("any seed", () => {
  test("is a plan of 60 s and 200 planned operations or more that names only what exists", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { nodes, durationMs, topics, operations, faults } = expandPlan(seed);
        expect(durationMs).toBeGreaterThanOrEqual(60_000);
        const isMember = (node: number): boolean => node >= 1 && node <= nodes;
        const names = new Set(topics.map(({ topic }) => topic));
        const isSound = (one: OperationPlan): boolean =>
          isMember(one.node) && names.has(one.topic) && one.atMs <= durationMs;
        expect(operations.filter((one) => !isSound(one))).toEqual([]);
        // Every credit of a consumer is an operation of its own.
        const planned = operations.map((one) =>
          one.type === "consume"
            ? one.credits
            : one.type === "enqueue"
              ? 1 + one.repeats.length
              : 1,
        );
        expect(planned.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(200);
        const isPossible = (fault: FaultPlan): boolean =>
          nodesOf(fault).every(isMember) &&
          (!("untilMs" in fault) || fault.untilMs <= durationMs) &&
          (!("from" in fault) || fault.from !== fault.to);
        expect(faults.filter((fault) => !isPossible(fault))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("survives being printed and read again", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = expandPlan(seed);
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      }),
      { numRuns: 20 },
    );
  });
});
