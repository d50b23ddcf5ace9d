// The rows of an enqueue as batches: every row in one batch or refused, each as a unary request would say it, at the
// partition that a unary request would go to, and none beyond what an entry takes.

import { ColumnWriter, type EnqueueRows } from "@disheap/proto/session";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PartitionPlace, TopicRecord } from "../../src/cluster/cluster-state.js";
import type { Failure } from "../../src/contract/api.js";
import { EnqueueBatches } from "../../src/session/enqueue-batches.js";
import { PartitionChooser } from "../../src/edge/requests/choose-partition.js";
import { type RowIntent, rowsOf } from "../../src/wire/intent-rows.js";
import { SETTINGS } from "../support/machine-rig.js";

const NODE = {
  partitionsPerTopicMax: 64,
  payloadBytesMax: 64,
  visibilityMs: 30_000,
  replicationFactor: 3,
};
const PRODUCER = { producerId: "p", epochHi: 0, epochLo: 1 };
const YEAR_MS = 365 * 86_400_000;

interface Row {
  readonly bytes: number;
  readonly priority: number;
  readonly delayMs: number;
  readonly maxRetries: number;
  readonly key: string;
}
const ROW: Row = { bytes: 1, priority: 0, delayMs: 0, maxRetries: 0xffffffff, key: "" };

function columnsOf(rows: readonly Row[], more: Partial<EnqueueRows> = {}): EnqueueRows {
  const [priority, length, retries, delay] = Array.from({ length: 4 }, () => new ColumnWriter());
  for (const row of rows) {
    priority.pair(row.priority < 0 ? -1 : 0, row.priority);
    length.u32(row.bytes);
    retries.u32(row.maxRetries);
    delay.u64(row.delayMs);
  }
  const payload = new Uint8Array(rows.reduce((sum, row) => sum + row.bytes, 0));
  payload.forEach((_, i) => (payload[i] = i));
  const hasKeys = rows.some((row) => row.key !== "");
  return {
    call: 1,
    topic: 1,
    producer: 0,
    firstSequence: undefined,
    partition: undefined,
    priority: priority.view(),
    length: length.view(),
    payload,
    maxRetries: rows.some((row) => row.maxRetries !== 0xffffffff)
      ? retries.view()
      : new Uint8Array(0),
    delayMs: rows.some((row) => row.delayMs > 0) ? delay.view() : new Uint8Array(0),
    partitionKey: hasKeys ? rows.map((row) => row.key) : [],
    ...more,
  };
}

function recordOf(partitions: number): TopicRecord {
  const placeOf = (partition: number): PartitionPlace => ({
    partition,
    group: 100 + partition,
    incarnation: 1,
    voters: [1, 2, 3],
  });
  const settings = { ...SETTINGS, partitions };
  const places = Array.from({ length: partitions }, (_, i) => placeOf(i));
  const times = { createdMs: 0, updatedMs: 0, isDeleting: false };
  return { topic: "jobs", heapId: "h", settings, ...times, partitions: places };
}

interface Found {
  readonly sizes: readonly (readonly [number, number])[];
  readonly rows: ReadonlyMap<number, { readonly intent: RowIntent; readonly partition: number }>;
  readonly failed: ReadonlyMap<number, Failure>;
}

function batched(
  rows: EnqueueRows,
  { partitions = 1, entryIntentsMax = 4096, entryBytesMax = 4 << 20 } = {},
): Found {
  const found = new Map<number, { intent: RowIntent; partition: number }>();
  const failed = new Map<number, Failure>();
  const sizes: [number, number][] = [];
  new EnqueueBatches({
    rows,
    record: recordOf(partitions),
    producer: rows.producer === 0 ? undefined : PRODUCER,
    chooser: new PartitionChooser(1),
    limits: { node: NODE, entryIntentsMax, entryBytesMax },
  }).each(
    ({ place, firstRow, intent }) => {
      sizes.push([intent.rows, intent.payload.length]);
      rowsOf([intent]).forEach((own, i) => {
        expect(found.has(firstRow + i)).toBe(false);
        found.set(firstRow + i, { intent: own, partition: place.partition });
      });
    },
    (row, failure) => failed.set(row, failure),
  );
  return { sizes, rows: found, failed };
}

const anyRow: fc.Arbitrary<Row> = fc.record({
  bytes: fc.oneof(fc.nat(64), fc.constantFrom(0, 65)),
  priority: fc.integer({ min: -5, max: 5 }),
  delayMs: fc.constantFrom(0, 0, 5, YEAR_MS, YEAR_MS + 1),
  maxRetries: fc.constantFrom(0xffffffff, 0, 7),
  key: fc.constantFrom("", "", "a", "b"),
});

test("every row is in one batch as it came, or refused for what is wrong with it", () => {
  fc.assert(
    fc.property(
      fc.array(anyRow, { minLength: 1, maxLength: 200 }),
      fc.boolean(),
      fc.constantFrom(1, 3),
      fc.constantFrom(1, 3, 4096),
      (list, hasProducer, partitions, entryIntentsMax) => {
        const named = { producer: 1, firstSequence: { hi: 2, lo: 0xfffffff0 } };
        const columns = columnsOf(list, hasProducer ? named : {});
        const { rows, failed, sizes } = batched(columns, { partitions, entryIntentsMax });
        let at = 0;
        list.forEach((row, i) => {
          const isWrong = row.bytes === 0 || row.bytes > 64 || row.delayMs > YEAR_MS;
          expect(failed.has(i)).toBe(isWrong);
          const intent = rows.get(i)?.intent;
          const payload = columns.payload.subarray(at, at + row.bytes);
          at += row.bytes;
          if (isWrong) return;
          const low = 0xfffffff0 + i;
          const sequence = { sequenceHi: low > 0xffffffff ? 3 : 2, sequenceLo: low >>> 0 };
          expect(intent).toEqual({
            kind: "enqueue",
            priorityHi: row.priority < 0 ? -1 : 0,
            priorityLo: row.priority >>> 0,
            payload,
            producer: hasProducer ? { ...PRODUCER, ...sequence } : undefined,
            maxRetries: row.maxRetries === 0xffffffff ? undefined : row.maxRetries,
            delayMs: row.delayMs,
          });
        });
        for (const [count] of sizes) expect(count).toBeLessThanOrEqual(entryIntentsMax);
      },
    ),
  );
});

describe("where rows go", () => {
  const many = (count: number, more?: Partial<EnqueueRows>): EnqueueRows =>
    columnsOf(
      Array.from({ length: count }, () => ROW),
      more,
    );
  const partitionsOf = (found: Found): number[] =>
    [...found.rows].sort(([a], [b]) => a - b).map(([, { partition }]) => partition);

  test("with a triple: where a unary request with the same one goes", () => {
    const firstSequence = { hi: 0, lo: 100 };
    const found = partitionsOf(
      batched(many(400, { producer: 1, firstSequence }), { partitions: 5 }),
    );
    const chooser = new PartitionChooser(9);
    const unary = found.map((_, i) => {
      const producer = { ...PRODUCER, sequenceHi: 0, sequenceLo: 100 + i };
      return chooser.choose({ producer }, 5);
    });
    expect(found).toEqual(unary);
    expect(new Set(found).size).toBeGreaterThan(1);
  });

  test("with a key: where the key says", () => {
    const list = ["a", "b", "a", ""].map((key) => ({ ...ROW, key }));
    const found = partitionsOf(batched(columnsOf(list), { partitions: 7 }));
    const chooser = new PartitionChooser(9);
    expect(found[0]).toBe(chooser.choose({ partitionKey: "a" }, 7));
    expect(found[1]).toBe(chooser.choose({ partitionKey: "b" }, 7));
    expect(found[2]).toBe(found[0]);
  });

  test("with neither: 64 in a row, then the next partition", () => {
    const found = batched(many(150), { partitions: 3 });
    expect(found.sizes.map(([count]) => count)).toEqual([64, 64, 22]);
    expect(new Set(partitionsOf(found)).size).toBe(3);
  });

  test("named: there, and refused where a repeat would not find it or the topic has none", () => {
    expect(new Set(partitionsOf(batched(many(150, { partition: 2 }), { partitions: 3 })))).toEqual(
      new Set([2]),
    );
    const firstSequence = { hi: 0, lo: 0 };
    const bound = many(64, { producer: 1, firstSequence });
    const [own] = partitionsOf(batched(bound, { partitions: 3 }));
    const there = batched({ ...bound, partition: own }, { partitions: 3 });
    expect(there.rows.size).toBe(64);
    const elsewhere = batched({ ...bound, partition: (own + 1) % 3 }, { partitions: 3 });
    expect(elsewhere.failed.size).toBe(64);
    expect(elsewhere.failed.get(63)?.message).toContain(`the row belongs to ${own}`);
    expect(batched(many(2, { partition: 3 }), { partitions: 3 }).failed.get(1)?.code).toBe(
      "NOT_FOUND",
    );
  });
});

test("a batch holds no more payload than an entry, but for one row", () => {
  const list = [60, 30, 30, 64, 1].map((bytes) => ({ ...ROW, bytes }));
  const found = batched(columnsOf(list), { entryBytesMax: 62 });
  expect(found.sizes).toEqual([
    [1, 60],
    [2, 60],
    [1, 64],
    [1, 1],
  ]);
});
