import fc from "fast-check";
import { expect, test } from "vitest";
import { State } from "../../src/delivery/message-store.js";
import { comesBefore, ladder, peek } from "../../src/delivery/views.js";
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

/** Messages in every state that a message can have. */
function rigWithAll(mode: Mode, steps: readonly (readonly [number, number])[]): MachineRig {
  const rig = rigWith(mode, []);
  steps.forEach(([what, priority], i) => {
    const stampMs = 1001 + i;
    const ready = rig.partition.ready.first();
    if (what < 5) rig.apply({ stampMs }, [enqueue(priority, what === 0 ? 60_000 : 0)]);
    else rig.apply({ stampMs }, [grant(1, i + 1)]);
    if (what < 8 || ready < 0) return;
    const { index, offset, fence } = rig.partition.messages;
    const token = rig.token(index[ready], offset[ready], fence[ready]);
    rig.apply({ stampMs }, [{ kind: "nack", token, backoffMs: 0 }]);
  });
  return rig;
}

const RANK: readonly number[] = [State.ready, State.leased, State.delayed, State.dead];

test.each(["MIN", "MAX"] as const)(
  "%s: a peek is the beginning of all messages in order",
  (mode) => {
    const steps = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: -3, max: 3 })), { maxLength: 60 });
    const states = new Set<number>();
    fc.assert(
      fc.property(steps, fc.nat(20), fc.boolean(), (list, limit, includeDead) => {
        const { partition } = rigWithAll(mode, list);
        const m = partition.messages;
        const all: number[] = [];
        m.forEach((slot) => {
          states.add(m.state[slot]);
          if (includeDead || m.state[slot] !== State.dead) all.push(slot);
        });
        const rank = (slot: number): number => Math.max(1, RANK.indexOf(m.state[slot]));
        all.sort((a, b) => rank(a) - rank(b) || (comesBefore(partition, a, b) ? -1 : 1));
        expect(peek(partition, limit, includeDead)).toEqual({
          slots: all.slice(0, limit),
          hasMore: all.length > limit,
        });
      }),
    );
    expect([...states].sort()).toEqual([...RANK].sort());
  },
);

test("a peek looks at few of many ready messages, and only at living ones when they are enough", () => {
  const { partition } = rigWith(
    "MIN",
    Array.from({ length: 4000 }, (_, i) => (i * 7919) % 4000),
  );
  const { messages, ready } = partition;
  messages.forEach = () => {
    throw new Error("every message is looked at");
  };
  const at = ready.at.bind(ready);
  let looks = 0;
  ready.at = (place) => {
    looks += 1;
    return at(place);
  };
  const { slots, hasMore } = peek(partition, 10, true);
  expect(slots.map((slot) => messages.priorityLo[slot])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(hasMore).toBe(true);
  expect(looks).toBeLessThan(500);
});

test("a peek looks at few of many, whatever state they are in", () => {
  const many = Array.from({ length: 4000 }, (_, i) => (i * 7919) % 4000);
  const inState: Record<string, (rig: MachineRig) => void> = {
    ready: (rig) =>
      rig.apply(
        { stampMs: 1000 },
        many.map((p) => enqueue(p)),
      ),
    delayed: (rig) =>
      rig.apply(
        { stampMs: 1000 },
        many.map((p) => enqueue(p, 5_000)),
      ),
    leased: (rig) => {
      inState.ready(rig);
      rig.apply({ stampMs: 1001 }, [grant(4000)]);
    },
    dead: (rig) => {
      inState.leased(rig);
      rig.apply({ stampMs: 20_000 }, [{ kind: "tick" }]);
    },
  };
  for (const [state, bring] of Object.entries(inState)) {
    const rig = rigWith("MIN", []);
    bring(rig);
    const { partition } = rig;
    let looks = 0;
    for (const heap of [partition.ready, partition.leased, partition.delayed, partition.dead]) {
      const at = heap.at.bind(heap);
      heap.at = (place) => {
        looks += 1;
        return at(place);
      };
    }
    partition.timers.at = partition.messages.forEach = () => {
      throw new Error("every message is looked at");
    };
    const { slots } = peek(partition, 10, true);
    const { messages } = partition;
    expect(
      slots.map((slot) => messages.priorityLo[slot]),
      state,
    ).toEqual([...many.keys()].slice(0, 10));
    expect(new Set(slots.map((slot) => messages.state[slot]))).toEqual(
      new Set([State[state as keyof typeof State]]),
    );
    expect(looks).toBeLessThan(1000);
  }
});
