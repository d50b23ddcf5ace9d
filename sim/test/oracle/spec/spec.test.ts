// What the specification says, in the few cases that everything else rests on.

import type { Intent, MachineEvent } from "@disheap/core";
import { expect, test } from "vitest";
import { LIMITS, SpecPartition } from "../../../src/oracle/spec/index.js";
import { enqueue, grant } from "../intents.js";
import { Entries, events } from "../rules/states.js";

const { granted, expired } = events;

/** What the specification says of entries with these intents, after the one that sets the partition up. */
function model(...steps: readonly (readonly [number, ...Intent[]])[]): MachineEvent[][] {
  const spec = new SpecPartition(() => true);
  const entries = new Entries();
  spec.apply(entries.init({ maxRetries: 1 }));
  return steps.map(([stampMs, ...intents]) => [
    ...spec.apply(entries.next(stampMs, [], intents)).events,
  ]);
}

test("the best ready message is granted, within n, limit, round and bound", () => {
  const three = [
    enqueue({ priorityLo: 9 }),
    enqueue({ priorityLo: 8 }),
    enqueue({ priorityLo: 9 }),
  ];
  const taken = (...grants: Intent[]): string[] =>
    (model([1, ...three], [2, ...grants])[1] ?? []).map((e) => `${e.index}.${e.offset}`);
  expect(taken(grant({ n: 3 }))).toEqual(["2.1", "2.0", "2.2"]);
  expect(taken(grant({ n: 3, limit: 1 }))).toEqual(["2.1"]);
  expect(taken(grant({ n: 3, bound: { hi: 0, lo: 8 } }))).toEqual(["2.1"]);
  expect(taken(grant({ n: 1 }), grant({ n: 1 }))).toEqual(["2.1"]);
  expect(taken(grant({ n: 1 }), grant({ n: 2 }))).toEqual(["2.1", "2.0"]);
  expect(taken(grant({ n: 1, round: 2 }), grant({ n: 3, round: 1 }))).toEqual(["2.1"]);
  expect(taken(grant({ edgeIncarnation: 2 }), grant({ n: 3, edgeIncarnation: 1 }))).toEqual([
    "2.1",
  ]);
});

test("a lease expires, its message is tried again after a jitter, or is a dead letter", () => {
  const [, second, third, fourth] = model(
    [1, enqueue()],
    [2, grant()],
    [1002],
    [400_000, grant({ n: 2 })],
  );
  expect(second).toEqual([granted({ deadlineMs: 1002 })]);
  const retried = third?.[0];
  if (retried?.kind !== "message.expired") throw new Error("the lease expires");
  expect(retried.outcome).toBe("delayed");
  expect(retried.notBeforeMs).toBeGreaterThanOrEqual(1002);
  expect(retried.notBeforeMs).toBeLessThan(2002);
  expect(fourth?.map((e) => e.kind)).toEqual(["message.ready", "message.granted"]);
  const buried = model([1, enqueue({ maxRetries: 0 })], [2, grant()], [1002]);
  expect(buried[2]).toEqual([expired({ outcome: "dead", notBeforeMs: 0, index: 2 })]);
});

test("a repeat within a day of the last use makes nothing new, and is a use itself", () => {
  const producer = { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: 1 };
  const again = enqueue({ producer });
  const dayMs = 24 * 3_600_000;
  const kinds = (...stamps: number[]): (string | undefined)[] =>
    model(...stamps.map((stampMs) => [stampMs, again] as const)).map((list) => list[0]?.kind);
  const [first, repeat] = ["message.enqueued", "message.duplicate"];
  expect(kinds(5, dayMs + 4, 2 * dayMs + 3)).toEqual([first, repeat, repeat]);
  expect(kinds(5, dayMs + 5, dayMs + 6)).toEqual([first, first, repeat]);
});

test("of a producer the last sequences are remembered, and no other producer's", () => {
  const triple = (producerId: string, sequenceLo: number): Intent =>
    enqueue({ producer: { producerId, epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo } });
  const spec = new SpecPartition(() => true, { ...LIMITS, dedupPerProducerMax: 2 });
  const entries = new Entries();
  spec.apply(entries.init());
  const isNew = (producerId: string, sequence: number): boolean =>
    spec.apply(entries.next(1, [], [triple(producerId, sequence)])).events[0]?.kind ===
    "message.enqueued";
  expect(["a", "b"].map((name) => isNew(name, 1))).toEqual([true, true]);
  expect([2, 1, 3, 2, 1].map((n) => isNew("a", n))).toEqual([true, false, true, false, true]);
  expect(isNew("b", 1)).toBe(false);
});
