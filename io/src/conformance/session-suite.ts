// What every carrier of a session's parts promises the node, beside what a carrier of items does: words keep their place
// and never go back, numbers have no gap, and a frame tells what is left of a lease when it is written.

import { strict as assert } from "node:assert";
import type { SessionPart } from "@disheap/core";
import { verdicts } from "./carrier-suite.js";
import type { DeclareTest, SessionRig } from "./harness.js";

/** One delivery, or words, as three numbers. */
const RECORD_BYTES = 12;
const WORDS = 0xffff_ffff;

/** Delivery number `item` of a rig, or words. */
export function testPart(item: number, leaseLeftMs: number): SessionPart {
  return part(1, leaseLeftMs, item);
}

export function testWords(): SessionPart {
  return part(0, Infinity, WORDS);
}

function part(rows: number, leaseLeftMs: number, item: number): SessionPart {
  return {
    rows,
    leaseLeftMs,
    encode: (first, leftMs) => new Uint8Array(Uint32Array.of(item, first, leftMs).buffer),
  };
}

export interface TakenPart {
  /** Undefined: words. */
  readonly item: number | undefined;
  readonly number: number;
  readonly leftMs: number;
}

export function readParts(frame: Uint8Array): TakenPart[] {
  const bytes = Uint8Array.from(frame).buffer;
  return Array.from({ length: bytes.byteLength / RECORD_BYTES }, (_, i) => {
    const [item, number, leftMs] = new Uint32Array(bytes, i * RECORD_BYTES, 3);
    return { item: item === WORDS ? undefined : item, number, leftMs };
  });
}

/** "w" for words, else the item. */
function orderOf(rig: SessionRig): string {
  return rig.parts.map(({ item }) => item ?? "w").join(" ");
}

/** `make` builds a fresh carrier whose transport takes everything. */
export function sessionSuite(test: DeclareTest, make: () => SessionRig): void {
  test("words keep their place among deliveries, and are counted apart", async () => {
    const rig = make();
    rig.hand(1000);
    rig.say();
    rig.hand(1000);
    await rig.settle();
    assert.equal(orderOf(rig), "0 w 1");
    assert.deepEqual(rig.told, ["written 2"]);
    assert.equal(rig.words(), 1);
  });

  test("a delivery whose lease is over is not written; those behind it have the next numbers", async () => {
    const rig = make();
    rig.hand(1000);
    rig.block(0);
    rig.hand(1000);
    rig.hand(100);
    rig.say();
    rig.hand(1000);
    rig.pass(100);
    rig.drain();
    await rig.settle();
    assert.equal(orderOf(rig), "0 1 w 3");
    assert.deepEqual(
      rig.parts.filter(({ item }) => item !== undefined).map(({ number }) => number),
      [1, 2, 3],
    );
    assert.deepEqual(verdicts(rig.told), ["written", "written", "returned", "written"]);
  });

  test("a frame tells what is left of a lease when it is written", async () => {
    const rig = make();
    rig.hand(1000);
    rig.block(0);
    rig.hand(1000);
    rig.pass(300);
    rig.drain();
    await rig.settle();
    assert.deepEqual(
      rig.parts.map(({ leftMs }) => leftMs),
      [1000, 700],
    );
  });

  test("a recall returns deliveries, not words", async () => {
    const rig = make();
    rig.block(0);
    rig.hand(1000);
    rig.say();
    rig.hand(1000);
    rig.recall();
    rig.drain();
    await rig.settle();
    assert.equal(orderOf(rig), "w");
    assert.deepEqual(rig.told.slice(0, 1), ["returned 2"]);
    assert.ok(rig.told.includes("drained"), rig.told.join(", "));
  });

  test("after the end deliveries are not written, and words still are", async () => {
    const rig = make();
    rig.block(0);
    rig.hand(1000);
    rig.say();
    rig.end();
    assert.deepEqual(rig.told, ["returned 1"]);
    rig.drain();
    await rig.settle();
    assert.equal(orderOf(rig), "w");
    assert.deepEqual(rig.told, ["returned 1"]);
  });

  test("what waits together leaves in one frame", async () => {
    const rig = make();
    rig.block(0);
    for (let i = 0; i < 3; i += 1) rig.hand(1000);
    rig.drain();
    await rig.settle();
    assert.equal(rig.frames(), 1);
  });

  test("what was written can be reported before anything else is said", async () => {
    const rig = make();
    rig.hand(1000);
    rig.report();
    assert.deepEqual(rig.told, ["written 1"]);
    await rig.settle();
    assert.deepEqual(rig.told, ["written 1"]);
  });
}
