// What every carrier of a session's parts promises the node, beside what a carrier of items does: words keep their place
// and never go back, numbers have no gap, and a frame tells what is left of a lease when it is written.

import { strict as assert } from "node:assert";
import { verdicts } from "./carrier-suite.js";
import type { DeclareTest, SessionRig } from "./harness.js";

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
