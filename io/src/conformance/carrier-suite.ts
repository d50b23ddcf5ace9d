// What every carrier of a stream's items promises the node (core's `ClientEvent` and `ClientEffect`, as tests): each
// item is settled once, as written or as returned, in the order in which it was handed over.

import { strict as assert } from "node:assert";
import type { CarrierRig, DeclareTest } from "./harness.js";

const LEASE_MS = 10_000;

function hand(rig: CarrierRig, count: number, leaseMs = LEASE_MS): void {
  for (let i = 0; i < count; i += 1) rig.hand(leaseMs);
}

/** What the reports say of each item, by its number. */
export function verdicts(told: readonly string[]): string[] {
  return told.flatMap((line) => {
    const [kind, count] = line.split(" ");
    return Array.from({ length: Number(count ?? 0) }, () => kind);
  });
}

/** Nothing was told that is not so, and all but the last `open` items were settled. */
function judge(rig: CarrierRig, handed: number, open: number): void {
  const settled = verdicts(rig.told);
  assert.equal(settled.length, handed - open, `of ${handed}, told: ${rig.told.join(", ")}`);
  const written = settled.flatMap((kind, number) => (kind === "written" ? [number] : []));
  assert.deepEqual(written, rig.taken, rig.told.join(", "));
}

function writtenTests(test: DeclareTest, make: () => CarrierRig): void {
  test("what the transport took is reported, many in one report", async () => {
    const rig = make();
    hand(rig, 5);
    assert.deepEqual(rig.told, []);
    await rig.settle();
    assert.deepEqual(rig.told, ["written 5"]);
    assert.deepEqual(rig.taken, [0, 1, 2, 3, 4]);
  });

  test("what the transport does not take waits, and goes on in order when it takes items again", async () => {
    const rig = make();
    rig.block(2);
    hand(rig, 4);
    await rig.settle();
    assert.deepEqual(rig.told, ["written 2"]);
    rig.drain();
    await rig.settle();
    assert.deepEqual(rig.told, ["written 2", "written 2"]);
    judge(rig, 4, 0);
  });

  test("an item is written only within its time; what comes behind it goes on", async () => {
    const rig = make();
    rig.block(0);
    hand(rig, 1);
    hand(rig, 1, 100);
    hand(rig, 1);
    rig.pass(100);
    rig.drain();
    await rig.settle();
    assert.deepEqual(rig.told, ["written 1", "returned 1", "written 1"]);
    assert.deepEqual(rig.taken, [0, 2]);
  });
}

function returnedTests(test: DeclareTest, make: () => CarrierRig): void {
  test("a recall returns what waits, and the node hears when items are taken again", async () => {
    const rig = make();
    rig.block(2);
    hand(rig, 5);
    rig.recall();
    assert.deepEqual(rig.told, ["written 2", "returned 3"]);
    rig.drain();
    assert.deepEqual(rig.told, ["written 2", "returned 3", "drained"]);
    hand(rig, 1);
    await rig.settle();
    assert.deepEqual(rig.told.slice(3), ["written 1"]);
    assert.deepEqual(rig.taken, [0, 1, 5]);
  });

  test("a recall that comes too late returns nothing: the stream goes on at once", async () => {
    const rig = make();
    hand(rig, 2);
    rig.recall();
    assert.deepEqual(rig.told, ["written 2", "drained"]);
    await rig.settle();
    assert.deepEqual(rig.told, ["written 2", "drained"]);
  });

  test("the end returns what waits; nothing is written or told after it", async () => {
    const rig = make();
    rig.block(2);
    hand(rig, 5);
    rig.end();
    rig.drain();
    hand(rig, 1);
    rig.recall();
    rig.end();
    rig.cancel();
    await rig.settle();
    assert.deepEqual(rig.told, ["written 2", "returned 3"]);
    assert.deepEqual(rig.taken, [0, 1]);
  });

  test("before a cancel the node hears what was written; what waits is settled by the cancel itself", async () => {
    const rig = make();
    rig.block(2);
    hand(rig, 5);
    rig.cancel();
    rig.drain();
    rig.recall();
    await rig.settle();
    assert.deepEqual(rig.told, ["written 2"]);
    assert.deepEqual(rig.taken, [0, 1]);
  });
}

/** Numbers below `below` that look drawn, the same at every run. */
function makeDraw(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

async function wander(rig: CarrierRig, draw: (below: number) => number): Promise<number> {
  let handed = 0;
  for (let step = 0; step < 40; step += 1) {
    switch (draw(7)) {
      case 0:
        rig.block(draw(4));
        break;
      case 1:
        rig.drain();
        break;
      case 2:
        rig.pass(draw(200));
        break;
      case 3:
        rig.recall();
        break;
      case 4:
        await rig.settle();
        break;
      default:
        hand(rig, 1, 100 + draw(300));
        handed += 1;
    }
  }
  return handed;
}

/** `make` builds a fresh carrier whose transport takes everything. */
export function carrierSuite(test: DeclareTest, make: () => CarrierRig): void {
  writtenTests(test, make);
  returnedTests(test, make);
  test("whatever happens, each item is settled once, in order, and as what became of it", async () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const rig = make();
      const handed = await wander(rig, makeDraw(seed));
      rig.end();
      judge(rig, handed, 0);
      assert.ok(!rig.told.some((line) => line.endsWith(" 0")), "a report of nothing");
    }
  });
}
