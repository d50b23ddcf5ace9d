// D-63: every field of the state moves the hash. A field that is added to the machine and not to the
// hash would let replicas differ unseen.

import { describe, expect, test } from "vitest";
import { MessageStore, State } from "../../src/delivery/message-store.js";
import { rowHash, StateHash } from "../../src/machine/state-hash.js";
import { MessageHashes, messageHash } from "../../src/delivery/message-hash.js";
import { StreamTable, type StreamState } from "../../src/delivery/streams.js";
import type { Intent } from "../../src/wire/intents.js";
import { INIT, levelWith, MachineRig, SETTINGS } from "../support/machine-rig.js";

function leased(): { store: MessageStore; slot: number } {
  const store = new MessageStore();
  const slot = store.add(5, 6);
  store.state[slot] = State.leased;
  return { store, slot };
}

/** Columns that are the same on every replica; payload and producer follow from the log's bytes. */
const COLUMNS = [
  "index",
  "offset",
  "enqueuedMs",
  "priorityHi",
  "priorityLo",
  "state",
  "attempts",
  "fence",
  "maxRetries",
  "leaseEnd",
  "timeMs",
  "grantedMs",
  "edge",
  "edgeIncarnation",
  "stream",
  "round",
  "grantIndex",
] as const satisfies readonly (keyof MessageStore)[];

describe("a message's hash", () => {
  test("every typed column of the store is named above", () => {
    const { store } = leased();
    const columns = Object.entries(store)
      .filter(([, value]) => ArrayBuffer.isView(value))
      .map(([name]) => name);
    expect(columns.sort()).toEqual([...COLUMNS].sort());
  });

  test.each(COLUMNS)("%s moves it", (column) => {
    const { store, slot } = leased();
    const before = [messageHash(store, slot, 0x11), messageHash(store, slot, 0x29)];
    store[column][slot] += column === "state" ? 1 : 3;
    const after = [messageHash(store, slot, 0x11), messageHash(store, slot, 0x29)];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  test("the slot it lies in does not", () => {
    const a = new MessageStore();
    const b = new MessageStore();
    b.add(1, 1);
    expect(messageHash(a, a.add(7, 8), 3)).toBe(messageHash(b, b.add(7, 8), 3));
  });
});

describe("a stream's row", () => {
  const change: readonly [string, (table: StreamTable, s: StreamState) => void][] = [
    ["round", (table, s) => table.update(s, s.round + 1, s.granted)],
    ["granted", (table, s) => table.update(s, s.round, s.granted + 1)],
    ["isClosed", (table, s) => table.close(s)],
    ["another stream", (table) => void table.open({ edge: 1, edgeIncarnation: 1, stream: 3 })],
    ["another edge", (table) => void table.open({ edge: 2, edgeIncarnation: 1, stream: 2 })],
    ["the edge's incarnation", (table) => void table.replaceEdge(1, 2)],
  ];

  test.each(change)("%s moves the hash", (_, apply) => {
    const hash = new StateHash();
    const table = new StreamTable({ level: levelWith({}) }, hash);
    const s = table.open({ edge: 1, edgeIncarnation: 1, stream: 2 });
    if (!s) throw new Error("a first stream opens");
    const before = [hash.hi, hash.lo];
    apply(table, s);
    expect(hash.hi).not.toBe(before[0]);
    expect(hash.lo).not.toBe(before[1]);
  });
});

describe("what is not a message moves the partition's hash too", () => {
  const steps: readonly [string, Intent[], number][] = [
    ["group time", [], 1001],
    ["the closed flag", [{ kind: "partition.close" }], 1000],
  ];

  test.each(steps)("%s", (_, intents, stampMs) => {
    const a = new MachineRig();
    const b = new MachineRig();
    for (const rig of [a, b]) rig.init(1000);
    a.apply({ stampMs: 1000 }, []);
    b.apply({ stampMs }, intents);
    expect(b.partition.hash.hi).not.toBe(a.partition.hash.hi);
    expect(b.partition.hash.lo).not.toBe(a.partition.hash.lo);
  });

  test("the MAC key", () => {
    const hashes = [2, 3].map((byte) => {
      const rig = new MachineRig();
      const macKey = new Uint8Array(16).fill(byte);
      rig.apply({ stampMs: 1 }, [{ ...INIT, macKey, settings: SETTINGS }]);
      return rig.partition.hash;
    });
    expect(hashes[0].hi).not.toBe(hashes[1].hi);
    expect(hashes[0].lo).not.toBe(hashes[1].lo);
  });
});

test("the kept rows sum up to what the messages hash to, however they came and changed", () => {
  const store = new MessageStore();
  const sum = new StateHash();
  const rows = new MessageHashes(store, { level: levelWith({}) }, sum);
  const slots = Array.from({ length: 100 }, (_, i) => store.add(i + 1, 0));
  for (const slot of slots) {
    store.state[slot] = State.ready;
    rows.add(slot);
  }
  for (const slot of slots.filter((each) => each % 3 === 0)) {
    rows.remove(slot);
    store.attempts[slot] += 1;
    rows.add(slot);
  }
  for (const slot of slots.filter((each) => each % 5 === 0)) {
    rows.remove(slot);
    store.remove(slot);
  }
  const fresh = new StateHash();
  store.forEach((slot) =>
    fresh.add(messageHash(store, slot, 0x11), messageHash(store, slot, 0x29)),
  );
  expect([sum.hi, sum.lo]).toEqual([fresh.hi, fresh.lo]);
});

test("a sum forgets the order of its parts and undoes what is taken off", () => {
  const a = new StateHash();
  a.add(4_000_000_000, 5);
  a.add(4_000_000_000, 7);
  a.remove(4_000_000_000, 5);
  expect([a.hi, a.lo]).toEqual([4_000_000_000, 7]);
  a.remove(4_000_000_001, 8);
  expect([a.hi, a.lo]).toEqual([4_294_967_295, 4_294_967_295]);
});

test("a row's values do not run into each other", () => {
  expect(rowHash(1, 2, 3)).not.toBe(rowHash(1, 3, 2));
  expect(rowHash(1, 2 ** 40, 3)).not.toBe(rowHash(1, 2 ** 41, 3));
  expect(rowHash(1, 0)).not.toBe(rowHash(1, 0, 0));
});
