// rev-B4: a commit takes more than a second, a question half of one. Consumers of several partitions are
// served all the same, only later. All rules watch.

import { expect, test } from "vitest";
import { putInto } from "./partition-keys.js";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

const MESSAGES = 40;
const CREDITS = 12;
const NODES = [1, 2, 3];

function slowWorld(): QuietWorld {
  const { plan } = quietWorld(3).world;
  return quietWorld(3, {
    network: { ...plan.network, streamModel: true, latencyMinUs: 240_000, latencyMaxUs: 260_000 },
    disk: { ...plan.disk, sync: { minUs: 380_000, meanUs: 10_000, capUs: 420_000 } },
  });
}

/** How many leases were granted in the partitions of the topic. */
function granted(q: QuietWorld): number {
  let pops = 0;
  for (const group of [1, 2]) {
    const held = NODES.map((node) => q.world.host(node)?.context.groups.get(group));
    const machine = held.find((replica) => replica?.raft.isLeader)?.machine;
    if (machine?.kind === "partition") pops += machine.partition.counts.totalPops;
  }
  return pops;
}

test.each(NODES)("two partitions deliver through node %s, and few grants are in vain", (edge) => {
  const q = slowWorld();
  q.advance(12_000);
  createTopic(q, "jobs", 2);
  q.advance(12_000);
  putInto(q, undefined, MESSAGES);
  q.advance(8_000);
  const reader = new Reader(q, edge, CREDITS, 600_000);
  q.advance(20_000);
  expect(reader.attempts).toEqual(Array(CREDITS).fill(1));
  expect(granted(q)).toBeLessThanOrEqual(2 * CREDITS);
});

test("who asks for leases shorter than a commit gets nothing, is counted, and costs no message an attempt", () => {
  const q = slowWorld();
  q.advance(12_000);
  createTopic(q, "jobs", 1);
  q.advance(12_000);
  putInto(q, undefined, CREDITS);
  q.advance(8_000);
  const hasty = new Reader(q, 1, CREDITS, 500);
  q.advance(60_000);
  expect(hasty.items).toEqual([]);
  expect(q.world.host(1)?.status().metrics.grantsLate).toBeGreaterThan(CREDITS);
  hasty.send("stream.cancel");
  q.advance(8_000);
  const patient = new Reader(q, 1, CREDITS, 600_000);
  q.advance(20_000);
  expect(patient.attempts).toEqual(Array(CREDITS).fill(1));
});
