import fc from "fast-check";
import { expect, test } from "vitest";
import { State } from "../../src/delivery/message-store.js";
import { ladder, peek } from "../../src/delivery/views.js";
import type { Mode } from "../../src/contract/api.js";
import type { Intent } from "../../src/wire/intents.js";
import { MachineRig } from "../support/machine-rig.js";

function enqueue(priority: number, delayMs = 0): Intent {
  return {
    kind: "enqueue",
    priorityHi: priority < 0 ? -1 : 0,
    priorityLo: priority >>> 0,
    payload: Uint8Array.of(1),
    producer: undefined,
    maxRetries: 0,
    delayMs,
  };
}

function grant(n: number, stream = 1): Intent {
  const head = { edge: 1, edgeIncarnation: 1, stream, round: 1, n, limit: n };
  return { kind: "grant", ...head, visibilityMs: 10_000, bound: undefined };
}

function rigWith(mode: Mode, priorities: readonly number[]): MachineRig {
  const rig = new MachineRig(1, mode);
  rig.init(1);
  rig.apply(
    { stampMs: 1000 },
    priorities.map((p) => enqueue(p)),
  );
  return rig;
}

test.each(["MIN", "MAX"] as const)(
  "%s: the ladder is the run lengths of the best, best first",
  (mode) => {
    const priorities = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 });
    fc.assert(
      fc.property(priorities, fc.nat(45), (list, count) => {
        const { rungs, hasMore } = ladder(rigWith(mode, list).partition, count);
        const sorted = [...list].sort((a, b) => (mode === "MIN" ? a - b : b - a)).slice(0, count);
        const found = rungs.flatMap((r) => Array.from({ length: r.count }, () => r.lo | 0));
        expect(found).toEqual(sorted);
        expect(new Set(rungs.map((r) => r.lo)).size).toBe(rungs.length);
        expect(hasMore).toBe(list.length > count);
      }),
    );
  },
);

test("looking changes nothing", () => {
  const rig = rigWith("MIN", [3, 1, 2]);
  const before = { ...rig.partition.hash };
  ladder(rig.partition, 2);
  peek(rig.partition, 2, true);
  expect({ ...rig.partition.hash }).toEqual(before);
  expect(rig.partition.ready.size).toBe(3);
});

test("peek: ready and leased ones best first, then delayed ones, then dead ones (section 14)", () => {
  const rig = rigWith("MIN", [5, 3, 9]);
  // 3 is dead, 5 is leased, 9 is ready, 1 is delayed.
  rig.apply({ stampMs: 1001 }, [grant(1), enqueue(1, 500)]);
  rig.apply({ stampMs: 1002 }, [
    { kind: "nack", token: rig.token(2, 1, 1), backoffMs: 0 },
    grant(1, 2),
    enqueue(7),
  ]);
  const { messages } = rig.partition;
  const seen = (limit: number, includeDead: boolean): [number, number][] =>
    peek(rig.partition, limit, includeDead).slots.map((s) => [
      messages.priorityLo[s],
      messages.state[s],
    ]);
  expect(seen(10, true)).toEqual([
    [5, State.leased],
    [7, State.ready],
    [9, State.ready],
    [1, State.delayed],
    [3, State.dead],
  ]);
  expect(seen(10, false)).toHaveLength(4);
  expect(seen(2, true)).toEqual([
    [5, State.leased],
    [7, State.ready],
  ]);
  expect([4, 5].map((limit) => peek(rig.partition, limit, true).hasMore)).toEqual([true, false]);
  expect(peek(rig.partition, 4, false).hasMore).toBe(false);
});
