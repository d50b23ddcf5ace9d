// Settlements by number as batches: one for each partition, within what an entry takes, and every row finds its own
// answer again.

import fc from "fast-check";
import { expect, test } from "vitest";
import { rowAt } from "../../src/session/call-batch.js";
import { SettleBatches } from "../../src/session/settle-batches.js";
import { rowsOf } from "../../src/wire/intent-rows.js";

const HEAD = { kind: "settle.many", op: "ack", backoffMs: undefined, extensionMs: 0 } as const;

test("the leases of each row stand at the place that its row is found at again", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(1, 1, 1, 2, 3), { minLength: 1, maxLength: 60 }),
      fc.constantFrom(1, 3, 4096),
      (groups, rowsMax) => {
        const batches = new SettleBatches(rowsMax);
        groups.forEach((group, row) => {
          const place = { partition: group, group, incarnation: 1, voters: [1] };
          const held = { mac: new Uint8Array(16), clientStream: 1, overMs: 0, isStarted: true };
          batches.add(row, { place, index: 1000 + row, offset: row, fence: row + 1, ...held });
        });
        const found = new Map<number, number>();
        for (const { batch, leases } of batches.all()) {
          expect(batch.rows).toBeLessThanOrEqual(rowsMax);
          rowsOf([{ ...HEAD, rows: batch.rows, leases }]).forEach((own, i) => {
            const row = rowAt(batch, i);
            const token = { index: 1000 + row, offset: row, fence: row + 1, mac: undefined };
            expect(own).toEqual({ kind: "ack", token });
            expect(found.has(row)).toBe(false);
            found.set(row, batch.place.group);
          });
        }
        expect(groups.map((_, row) => found.get(row))).toEqual(groups);
        if (rowsMax === 4096) expect([...batches.all()].length).toBe(new Set(groups).size);
      },
    ),
  );
});
