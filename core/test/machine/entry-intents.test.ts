// D-89: an entry is read whole before any of it changes anything.

import { describe, expect, test } from "vitest";
import { eachEntry, encodeBlock, EntryKind, type EntryView } from "../../src/wire/blocks.js";
import { encodeIntent } from "../../src/wire/intents.js";
import { intentsOf, UnappliableEntry } from "../../src/machine/entry-intents.js";
import { MachineRig } from "../support/machine-rig.js";

const TICK = encodeIntent({ kind: "tick" });
const ACKS = encodeIntent({
  kind: "settle.many",
  op: "ack",
  backoffMs: undefined,
  extensionMs: 0,
  rows: 4096,
  leases: new Uint8Array(12 * 4096),
});
/** u32 length, then a kind that no version knows. */
const UNKNOWN = Uint8Array.of(1, 0, 0, 0, 250);

function entryOf(index: number, intents: readonly Uint8Array[]): EntryView {
  const entry = { kind: EntryKind.command, stampMs: 5, seedHi: 1, seedLo: 2, intents };
  let view: EntryView | undefined;
  eachEntry(encodeBlock(1, index, 1, 1, [entry]), index, index, (v) => (view = v));
  if (!view) throw new Error("the block holds one entry");
  return view;
}

describe("the intents of an entry", () => {
  test("come in order", () => {
    const close = encodeIntent({ kind: "partition.close" });
    expect(intentsOf(entryOf(1, [TICK, close])).map((i) => i.kind)).toEqual([
      "tick",
      "partition.close",
    ]);
  });

  const wrong: readonly [string, readonly Uint8Array[], string][] = [
    ["an unknown kind", [TICK, UNKNOWN], "intent kind 250 is unknown"],
    ["one that is cut short", [TICK.slice(0, 4)], "cut short"],
    [
      "more than ids have room for",
      Array.from({ length: 16_385 }, () => TICK),
      "more than 16384 rows",
    ],
    [
      "batches with more rows than that",
      Array.from({ length: 5 }, () => ACKS),
      "more than 16384 rows",
    ],
  ];

  test.each(wrong)("%s: refused with a sentence", (_, intents, says) => {
    expect(() => intentsOf(entryOf(7, intents))).toThrow(UnappliableEntry);
    expect(() => intentsOf(entryOf(7, intents))).toThrow(says);
    expect(() => intentsOf(entryOf(7, intents))).toThrow("entry 7 of term 1");
  });
});

test("of an entry with one unknown intent nothing is applied, and the same entry may be tried again", () => {
  const rig = new MachineRig();
  rig.init(1);
  const { partition } = rig;
  const before = [partition.hash.hi, partition.hash.lo, partition.appliedIndex, partition.nowMs];
  const close = encodeIntent({ kind: "partition.close" });
  for (let tries = 0; tries < 2; tries += 1) {
    expect(() => partition.apply(entryOf(2, [close, UNKNOWN]), [])).toThrow(UnappliableEntry);
  }
  expect([partition.hash.hi, partition.hash.lo, partition.appliedIndex, partition.nowMs]).toEqual(
    before,
  );
});
