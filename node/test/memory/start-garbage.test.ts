import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createCollector } from "../../src/memory/collector.js";
import { StartGarbage } from "../../src/memory/start-garbage.js";

const MIB = 1 << 20;

function start(heapBytes = 0) {
  const waiting: (() => void)[] = [];
  let collections = 0;
  const garbage = new StartGarbage({
    collect: () => (collections += 1),
    heapBytes: () => heapBytes,
    later: (call) => waiting.push(call),
  });
  const run = (): number => {
    for (const call of waiting.splice(0)) call();
    return collections;
  };
  const read = (mib: number): void => {
    for (let i = 0; i < mib; i += 1) {
      const entries = [{ key: Uint8Array.of(1), value: new Uint8Array(MIB) }];
      garbage.read({ kind: "disk.scanned", token: 0, entries, done: false });
    }
  };
  return { garbage, read, run };
}

it("collects after each 32 MiB that were read, once what is under way is done", () => {
  const { read, run } = start();
  read(31);
  expect(run()).toBe(0);
  read(1);
  expect(run()).toBe(1);
  read(63);
  expect(run()).toBe(2);
});

it("reads more between two collections where each takes longer", () => {
  const { read, run } = start(100 * MIB);
  read(99);
  expect(run()).toBe(0);
  read(1);
  expect(run()).toBe(1);
});

it("collects once more at the end of the start, and then leaves it to V8", () => {
  const { garbage, read, run } = start();
  garbage.started();
  expect(run()).toBe(1);
  read(64);
  expect(run()).toBe(1);
});

it("the collector frees what nobody holds, without a flag at the start of the process", async () => {
  const collect = createCollector();
  const hold = { buffers: Array.from({ length: 50 }, () => new Uint8Array(MIB)) };
  collect();
  await sleep(0);
  const heldBytes = process.memoryUsage().arrayBuffers;
  expect(heldBytes).toBeGreaterThan(50 * MIB);
  hold.buffers = [];
  collect();
  // Given back by another thread.
  await expect
    .poll(() => process.memoryUsage().arrayBuffers, { timeout: 10_000 })
    .toBeLessThan(heldBytes - 40 * MIB);
});
