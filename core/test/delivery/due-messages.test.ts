import fc from "fast-check";
import { expect, test } from "vitest";
import { dueMessages } from "../../src/delivery/due-messages.js";
import type { Intent } from "../../src/wire/intents.js";
import { MachineRig } from "../support/machine-rig.js";

const NOW_MS = 1_000_000;

function delayed(delayMs: number): Intent {
  const rest = { payload: Uint8Array.of(1), producer: undefined, maxRetries: undefined };
  return { kind: "enqueue", priorityHi: 0, priorityLo: 1, delayMs, ...rest };
}

const grantTo = (n: number, visibilityMs: number): Intent => ({
  kind: "grant",
  edge: 1,
  edgeIncarnation: 1,
  stream: 1,
  round: 1,
  n,
  limit: n,
  visibilityMs,
  bound: undefined,
});

test("delayed messages are counted by their time, leases that end are not", () => {
  const times = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 });
  const ends = fc.integer({ min: 0, max: 70 });
  fc.assert(
    fc.property(
      times,
      fc.nat({ max: 8 }),
      ends,
      ends,
      fc.nat({ max: 70 }),
      (delays, leases, a, b, most) => {
        const rig = new MachineRig();
        rig.init(NOW_MS);
        rig.apply({ stampMs: NOW_MS }, [
          ...Array.from({ length: leases }, () => delayed(0)),
          grantTo(leases, 30),
          ...delays.map(delayed),
        ]);
        const [since, until] = [NOW_MS + a, NOW_MS + b];
        const due = delays.filter((ms) => NOW_MS + ms > since && NOW_MS + ms <= until).length;
        expect(dueMessages(rig.partition, since, until, most)).toBe(Math.min(due, most));
      },
    ),
  );
});

test("of thousands that are due at once no more are counted than one entry fires", () => {
  const rig = new MachineRig();
  rig.init(NOW_MS);
  const count = 6_000;
  rig.apply(
    { stampMs: NOW_MS },
    Array.from({ length: count }, () => delayed(5)),
  );
  const due = dueMessages(rig.partition, NOW_MS, NOW_MS + 5, count);
  expect(due).toBeGreaterThan(1_000);
  expect(due).toBeLessThanOrEqual(4_096);
});
