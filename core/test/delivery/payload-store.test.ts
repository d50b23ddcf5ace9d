import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PayloadStore } from "../../src/delivery/payload-store.js";

const KIB = 1024;

function payload(length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + salt) & 255);
}

const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1_000, max: 9_000 }) },
  { weight: 1, arbitrary: fc.constant(70_000) },
);
/** Puts a payload into the lowest free slot, or takes one out. */
const steps = fc.array(
  fc.oneof(fc.record({ put: lengths }), fc.record({ take: fc.nat({ max: 1_000 }) })),
  { maxLength: 150 },
);

/** The lowest free slot, as the message store reuses slots. */
function freeSlot(model: ReadonlyMap<number, Uint8Array>): number {
  let slot = 0;
  while (model.has(slot)) slot += 1;
  return slot;
}

/** Long runs, so few of them. */
const RUNS = { numRuns: 15 };

describe("against a map of copies", () => {
  test("gives back what was put, whatever came and went", () => {
    fc.assert(
      fc.property(steps, (run) => {
        const store = new PayloadStore();
        const model = new Map<number, Uint8Array>();
        run.forEach((step, i) => {
          if ("put" in step) {
            const slot = freeSlot(model);
            const bytes = payload(step.put, i);
            store.set(slot, bytes);
            model.set(slot, bytes);
            return;
          }
          const slot = [...model.keys()][step.take % Math.max(1, model.size)];
          if (slot === undefined) return;
          store.delete(slot);
          model.delete(slot);
        });
        for (const [slot, bytes] of model) {
          expect(store.bytesAt(slot)).toBe(bytes.length);
          expect(Buffer.compare(store.get(slot), bytes)).toBe(0);
        }
      }),
      RUNS,
    );
  });

  test("holds little more than twice what is live", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (run, keepEvery) => {
        const store = new PayloadStore();
        const live = new Map<number, number>();
        let slot = 0;
        for (let round = 0; round < 5; round += 1) {
          for (const step of run) {
            if (!("put" in step)) continue;
            store.set(slot, payload(step.put, slot));
            live.set(slot, step.put);
            slot += 1;
          }
          for (const one of [...live.keys()]) {
            if (one % keepEvery === 0) continue;
            store.delete(one);
            live.delete(one);
          }
          const bytes = [...live.values()].reduce((a, b) => a + b, 0);
          expect(store.heldBytes).toBeLessThanOrEqual(3 * bytes + 128 * KIB);
        }
      }),
      RUNS,
    );
  });
});

test("keeps a view right after its message is gone and others took its place", () => {
  const store = new PayloadStore();
  store.set(0, payload(100, 1));
  const view = store.get(0);
  store.delete(0);
  for (let i = 0; i < 2_000; i += 1) {
    store.set(0, payload(100, i));
    store.delete(0);
  }
  expect(view).toEqual(payload(100, 1));
});

test("copies what it is given", () => {
  const store = new PayloadStore();
  const bytes = payload(10, 3);
  store.set(0, bytes);
  bytes.fill(0);
  expect(store.get(0)).toEqual(payload(10, 3));
});

test("takes an empty payload and a slot that holds none", () => {
  const store = new PayloadStore();
  store.set(0, new Uint8Array(0));
  expect(store.get(0)).toHaveLength(0);
  expect(store.bytesAt(0)).toBe(0);
  store.delete(0);
  expect(store.bytesAt(7)).toBe(0);
  expect(store.heldBytes).toBe(0);
});

test("lets a chunk go although one old message was in it", () => {
  const store = new PayloadStore();
  const count = 40_000;
  for (let slot = 0; slot < count; slot += 1) store.set(slot, payload(256, slot));
  for (let slot = 0; slot < count; slot += 1) if (slot % 500 !== 0) store.delete(slot);
  expect(store.heldBytes).toBeLessThan(256 * KIB);
  for (let slot = 0; slot < count; slot += 500) expect(store.get(slot)).toEqual(payload(256, slot));
});
