import { expect, it } from "vitest";
import { StageClock } from "../../src/metrics/stage-clock.js";

function start() {
  const seen: string[] = [];
  const at = { ms: 0 };
  const clock = new StageClock({
    nowMs: () => at.ms,
    observe: (stage, ms) => seen.push(`${stage} ${ms}`),
    onApplied: (group, ms) => seen.push(`group ${group} applied ${ms}`),
    onAppend: (group, term, commit) => seen.push(`group ${group} term ${term}: ${commit}`),
    onStopped: (group, reason) => seen.push(`group ${group} stopped: ${reason}`),
  });
  return { seen, at, clock };
}

const beat = (round: number) => ({ kind: "beat" as const, round, isStalled: false, items: [] });
const answer = (round: number) => ({
  kind: "beat.reply" as const,
  round,
  wallMs: 0,
  isStalled: false,
  items: [],
});

it("times an entry of this node from the queue to its commit, its apply, and over all", () => {
  const { seen, at, clock } = start();
  clock.proposed(4, 1, 1, 2500);
  at.ms = 7;
  clock.committed(4, 1);
  at.ms = 8;
  clock.applied(4, { index: 1 });
  expect(seen).toEqual(["queue 2.5", "commit 7", "apply 1", "group 4 applied 8"]);
});

it("takes every entry up to the commit index, once, and only those of this node", () => {
  const { seen, at, clock } = start();
  for (const index of [5, 6, 7]) clock.proposed(4, index, 1, 0);
  seen.length = 0;
  at.ms = 3;
  clock.committed(4, 6);
  clock.committed(4, 6);
  clock.committed(9, 6);
  expect(seen).toEqual(["commit 3", "commit 3"]);
  clock.applied(4, { index: 4 });
  expect(seen).toHaveLength(2);
});

it("keeps the groups apart", () => {
  const { seen, at, clock } = start();
  clock.proposed(4, 1, 1, 0);
  at.ms = 1;
  clock.proposed(9, 1, 1, 0);
  at.ms = 5;
  seen.length = 0;
  clock.committed(9, 1);
  clock.applied(9, { index: 1 });
  expect(seen).toEqual(["commit 4", "apply 0", "group 9 applied 4"]);
});

it("times the apply of an entry whose commit it did not see only over all", () => {
  const { seen, at, clock } = start();
  clock.proposed(4, 1, 1, 0);
  seen.length = 0;
  at.ms = 8;
  clock.applied(4, { index: 1 });
  clock.applied(4, { index: 1 });
  expect(seen).toEqual(["group 4 applied 8"]);
});

it("forgets what another leader may overwrite", () => {
  const { seen, clock } = start();
  clock.proposed(4, 1, 1, 0);
  clock.roleChanged(4);
  seen.length = 0;
  clock.committed(4, 1);
  clock.applied(4, { index: 1 });
  expect(seen).toEqual([]);
});

it("remembers a bounded number of entries", () => {
  const { seen, clock } = start();
  for (let index = 1; index <= 5000; index += 1) clock.proposed(4, index, 1, 0);
  for (let index = 1; index <= 5000; index += 1) clock.applied(4, { index });
  expect(seen.filter((line) => line.includes("applied"))).toHaveLength(4096);
});

it("goes on for ever when entries are applied", () => {
  const { seen, clock } = start();
  for (let index = 1; index <= 5000; index += 1) {
    clock.proposed(4, index, 1, 0);
    clock.applied(4, { index });
  }
  expect(seen.filter((line) => line.includes("applied"))).toHaveLength(5000);
});

it("times a heartbeat there and back, for every node that answers, from the moment it left", () => {
  const { seen, at, clock } = start();
  clock.sent(2, beat(1));
  at.ms = 1;
  clock.sent(3, beat(1));
  clock.sent(2, beat(2));
  at.ms = 4;
  clock.received(2, answer(1));
  clock.received(3, answer(1));
  clock.received(2, answer(2));
  clock.received(2, answer(99));
  clock.received(2, beat(1));
  expect(seen).toEqual(["network 4", "network 4", "network 3"]);
});

it("forgets rounds that nobody answers", () => {
  const { seen, clock } = start();
  for (let round = 1; round <= 65; round += 1) clock.sent(2, beat(round));
  clock.received(2, answer(1));
  clock.received(2, answer(2));
  expect(seen).toEqual(["network 0"]);
});

it("passes on which group was stopped, and why, and forgets its entries", () => {
  const { seen, clock } = start();
  clock.proposed(4, 1, 1, 0);
  seen.length = 0;
  clock.groupStopped(4, "R8");
  clock.committed(4, 1);
  clock.applied(4, { index: 1 });
  expect(seen).toEqual(["group 4 stopped: R8"]);
});

it("knows nothing more of a group that was removed", () => {
  const { seen, clock } = start();
  clock.proposed(4, 1, 1, 0);
  clock.groupRemoved(4);
  seen.length = 0;
  clock.committed(4, 1);
  clock.applied(4, { index: 1 });
  expect(seen).toEqual([]);
});
