// What producers cost that come once, how much of it one step gives up, and that it ends.

import { expect, test } from "vitest";
import { DedupTable } from "../../src/delivery/dedup.js";
import { StateHash } from "../../src/machine/state-hash.js";
import type { ProducerTriple } from "../../src/contract/api.js";
import { HostRig } from "../support/host-rig.js";
import { levelWith } from "../support/machine-rig.js";
import { heldBy } from "../support/reachable.js";
import { remember } from "../support/dedup-calls.js";

const DAY_MS = 86_400_000;
const PRODUCERS = 10_000;

function triple(producer: number, sequence = 1): ProducerTriple {
  const producerId = `producer-${producer}-0123456789abcdef0123456789abcdef`;
  return { producerId, epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: sequence };
}

function filled(): { table: DedupTable; hash: StateHash } {
  const hash = new StateHash();
  const table = new DedupTable({ level: levelWith({}) }, hash);
  for (let n = 0; n < PRODUCERS; n += 1) {
    remember(table, triple(n), { index: n + 1, offset: 0, stampMs: 1 }, n);
  }
  return { table, hash };
}

test("a producer of one message has no arrays and costs some hundred bytes", () => {
  const { table } = filled();
  const held = heldBy(table);
  expect(held.bufferBytes).toBe(0);
  // The producer, its identity, its window and a place.
  expect(held.objects).toBeLessThan(PRODUCERS * 4 + 100);
  expect(table.heldBytes).toBeLessThan(PRODUCERS * 500);
});

test("the bytes that are counted come and go with what is remembered", () => {
  const { table } = filled();
  const before = table.heldBytes;
  for (let s = 2; s < 200; s += 1) {
    remember(table, triple(7, s), { index: s, offset: 0, stampMs: 1 }, PRODUCERS);
  }
  const grown = table.heldBytes - before;
  expect(grown).toBeGreaterThanOrEqual(heldBy(table).bufferBytes);
  expect(grown).toBeLessThan(heldBy(table).bufferBytes + 1_500);
  while (table.size > 0) table.sweep(2 * DAY_MS);
  expect(table.heldBytes).toBe(0);
});

test("what a day forgets goes in slices, the one used longest ago first", () => {
  const { table, hash } = filled();
  remember(table, triple(0, 2), { index: 1, offset: 1, stampMs: 1 }, PRODUCERS);
  table.sweep(2 * DAY_MS);
  expect(table.size).toBe(PRODUCERS - 4096);
  expect([0, 1, 4096, 4097].map((n) => table.knows(triple(n)))).toEqual([true, false, false, true]);
  table.sweep(2 * DAY_MS);
  table.sweep(2 * DAY_MS);
  expect([table.size, hash.hi, hash.lo]).toEqual([0, 0, 0]);
});

test("a partition that holds enough for producers refuses new ones, and serves those it knows", () => {
  const rig = new HostRig({ limits: { producerBytesMax: 4_000 } });
  rig.start();
  const rest = (): void => {
    for (let i = 0; i < 80; i += 1) {
      rig.pass(50);
      rig.settle();
    }
  };
  rest();
  const settings = { partitions: 1, replicationFactor: 1 };
  rig.ask({ op: "topic.create", topic: "jobs", settings });
  rest();
  const enqueue = (producer: ProducerTriple): unknown =>
    rig.ask({
      op: "enqueue",
      topic: "jobs",
      payload: Uint8Array.of(1),
      priorityHi: 0,
      priorityLo: 0,
      producer,
    });
  const answers = Array.from({ length: 40 }, (_, n) => enqueue(triple(n)));
  const refused = { ok: false, failure: { code: "RESOURCE_EXHAUSTED" } };
  expect(answers[0]).toMatchObject({ ok: true });
  expect(answers[39]).toMatchObject(refused);
  expect(enqueue(triple(0, 2))).toMatchObject({ ok: true });
  expect(enqueue(triple(0, 1))).toMatchObject({ ok: true, duplicate: true });
  // Known ones grow on, up to four times as much; their repeats are answered all the same.
  const grown = Array.from({ length: 600 }, (_, n) => enqueue(triple(0, 3 + n)));
  expect(grown[50]).toMatchObject({ ok: true });
  expect(grown[599]).toMatchObject(refused);
  expect(enqueue(triple(0, 1))).toMatchObject({ ok: true, duplicate: true });
});
