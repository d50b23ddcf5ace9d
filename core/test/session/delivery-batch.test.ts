// Deliveries in columns: who enqueued a row stands in runs of one producer and epoch, and sequences beside them.

import { decodeSessionOut, hiAt, loAt } from "@disheap/proto/session";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProducerTriple } from "../../src/contract/api.js";
import { DeliveryBatch } from "../../src/session/delivery-batch.js";
import type { GrantedItem } from "../../src/wire/messages.js";

const PLACE = { group: 3, partition: 0, incarnation: 1, voters: [1] };

function item(row: number, producer: ProducerTriple | undefined): GrantedItem {
  const common = { fence: 1, attempts: 1, maxRetries: 3, priorityHi: 0, priorityLo: row };
  const times = { enqueuedMs: 1_000, deadlineMs: 9_000, leaseMs: 8_000 };
  const payload = new Uint8Array(row % 3);
  return { index: 7, offset: row, ...common, ...times, mac: new Uint8Array(16), payload, producer };
}

const producers = fc.option(
  fc.record({
    producerId: fc.constantFrom("a", "b"),
    epochHi: fc.constantFrom(0, 0xffffffff),
    epochLo: fc.constantFrom(1, 2),
    sequenceHi: fc.constantFrom(0, 0xffffffff),
    sequenceLo: fc.constantFrom(0, 5, 0xffffffff),
  }),
  { nil: undefined },
);

test("every row has the producer and the sequence that it was enqueued with, or none", () => {
  fc.assert(
    fc.property(fc.array(producers, { minLength: 1, maxLength: 12 }), (wanted) => {
      const batch = new DeliveryBatch(1, -1, 0, 8_000);
      wanted.forEach((producer, row) => batch.add(PLACE, item(row, producer)));
      const [rows] = decodeSessionOut(batch.encode(1, 8_000)).delivered;
      const found = wanted.map((_, row): ProducerTriple | undefined => {
        const runs = rows.producer.filter((p) => p.firstRow <= row && row < p.firstRow + p.count);
        expect(runs.length).toBeLessThanOrEqual(1);
        const run = runs.at(0);
        return (
          run && {
            producerId: run.producerId,
            epochHi: run.epoch.hi,
            epochLo: run.epoch.lo,
            sequenceHi: hiAt(rows.sequence, row),
            sequenceLo: loAt(rows.sequence, row),
          }
        );
      });
      expect(found).toEqual(wanted);
      const isNamed = wanted.some((producer) => producer !== undefined);
      expect(rows.sequence.length).toBe(isNamed ? wanted.length * 8 : 0);
    }),
  );
});

test("rows of one producer are one run, whatever their sequences", () => {
  const batch = new DeliveryBatch(1, -1, 0, 8_000);
  const producer = { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0 };
  [9, 3, 4].forEach((sequenceLo, row) => batch.add(PLACE, item(row, { ...producer, sequenceLo })));
  const [rows] = decodeSessionOut(batch.encode(1, 8_000)).delivered;
  expect(rows.producer).toEqual([
    { firstRow: 0, count: 3, producerId: "p", epoch: { hi: 0, lo: 1 } },
  ]);
});
