// Who held the expired leases of messages that were granted again: as many and for as long as tombstones.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Expiries, type Expiry } from "../../src/delivery/expiries.js";
import { levelWith } from "../support/machine-rig.js";

const MOST = 40;

function expiry(n: number): Expiry {
  const lease = { index: n, offset: n % 7, fence: n + 1, edge: 2, edgeIncarnation: 3 };
  return { ...lease, stream: 2 ** 40 + n, round: n * 2, grantIndex: n * 3 };
}

function all(kept: Expiries): Expiry[] {
  return Array.from({ length: kept.end - kept.first }, (_, i) => kept.at(kept.first + i));
}

test("the newest ones are kept, in their order, for their time and no more than their number", () => {
  const level = levelWith({ tombstonesMax: MOST, tombstoneMs: 100 });
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 120 }), (steps) => {
      const kept = new Expiries({ level });
      let model: { expiry: Expiry; sinceMs: number }[] = [];
      let nowMs = 0;
      steps.forEach((passesMs, n) => {
        nowMs += passesMs;
        kept.expire(nowMs);
        kept.add(expiry(n), nowMs);
        model = model.filter(({ sinceMs }) => sinceMs > nowMs - 100);
        model = [...model, { expiry: expiry(n), sinceMs: nowMs }].slice(-MOST);
        expect(all(kept)).toEqual(model.map((m) => m.expiry));
        expect(kept.end).toBe(n + 1);
      });
    }),
  );
});
