// Each invariant of what stands between a host and its disk is seen to fire: the state is broken by hand.

import { expect, test } from "vitest";
import { crc32 } from "../../src/lib/crc32.js";
import { LogReads } from "../../src/store/log-reads.js";
import { Persistence } from "../../src/store/persistence.js";
import { bootRecord, Startup } from "../../src/store/startup.js";

test("PER1, PER2: batches complete in order, and their chain has no gap", () => {
  const persistence = new Persistence();
  for (const n of [1, 2, 3]) {
    expect(persistence.takeDiskBatch(0, [bootRecord(1)])?.n).toBe(n);
    persistence.written(n);
  }
  expect(() => persistence.written(3)).toThrow(/^D-40/);
  Object.assign(persistence, { nextDiskBatch: 7 });
  expect(() => persistence.takeDiskBatch(0, [bootRecord(1)])).toThrow(/^PER2/);
});

test("STA1: what was not read is not handed out, and what was, once", () => {
  const startup = new Startup(1 << 20, crc32);
  expect(() => startup.takeGroups()).toThrow(/^STA1/);
  startup.opened();
  startup.scanned({ entries: [], done: true });
  expect(startup.takeGroups().size).toBe(0);
  expect(() => startup.takeGroups()).toThrow(/^STA1/);
});

test("LRD1: a read that was not asked for has no answer", () => {
  expect(() => new LogReads().finish(7)).toThrow(/^LRD1/);
});
