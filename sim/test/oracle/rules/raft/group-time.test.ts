import { expect, test } from "vitest";
import { GroupTime } from "../../../../src/oracle/rules/raft/group-time.js";
import { breaks, FakeLog, FakeWorld, fakeRaft } from "../states.js";

const START_MS = 1_700_000_000_000;

/** Node 1 leads and stamps an entry while the three clocks are ahead of true time by these. */
function stamp(aheadMs: readonly number[], stampAheadMs: number): void {
  const world = new FakeWorld();
  world.queue.nowUs = 5_000_000;
  const log = new FakeLog([1]);
  log.lastStampMs = START_MS + 5_000 + stampAheadMs;
  const rule = new GroupTime();
  rule.attach(world);
  rule.roleChanged(1, 1, 1, "leader");
  aheadMs.forEach((ms, i) => {
    const host = world.put(i + 1, fakeRaft({ log }));
    const wallMs = START_MS + 5_000 + ms;
    world.hosts.set(i + 1, { ...host, context: { ...host.context, wallMs } });
  });
  for (const [node, host] of world.hosts) rule.afterTurn(node, host);
  rule.proposed(1, 1, 1, 1);
}

test("Q7: a stamp as far ahead as a majority's clocks is fine, or behind them", () => {
  stamp([0, 0, 0], 0);
  stamp([0, 0, 0], -60_000);
  stamp([90_000, 90_000, 0], 90_000);
  stamp([90_000, 1_000, -5_000], 1_000);
});

test("Q7: one clock cannot carry group time, not even the leader's own", () => {
  const error = breaks("Q7", () => stamp([90_000, 0, 0], 90_000));
  expect(error.message).toContain("beyond what a majority of its voters' clocks reached");
  breaks("Q7", () => stamp([0, 0, 90_000], 100));
  breaks("Q7", () => stamp([0, 0, 0], 10));
});

test("Q7: before any clock was heard, group time counts from 0", () => {
  const world = new FakeWorld();
  const log = new FakeLog([1]);
  world.put(1, fakeRaft({ log }));
  const rule = new GroupTime();
  rule.attach(world);
  world.queue.nowUs = 2_000_000;
  log.lastStampMs = 2_000;
  rule.proposed(1, 1, 1, 1);
  log.lastStampMs = 2_100;
  breaks("Q7", () => rule.proposed(1, 1, 2, 1));
});
