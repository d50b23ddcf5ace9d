import { expect, test } from "vitest";
import { AppendOnly, Bounds, Monotone } from "../../../../src/oracle/rules/raft/monotone.js";
import { snapshot, Sweep, type ReplicaRule } from "../../../../src/oracle/rules/views/sweep.js";
import { breaks, FakeLog, FakeWorld, fakeRaft, type FakeRaft } from "../states.js";

/** The replica before and after a change, as a rule sees them. */
function change(rule: ReplicaRule, raft: FakeRaft, fields: Partial<FakeRaft>): void {
  const at = { atUs: 1, node: 1 };
  const before = snapshot(at, raft);
  rule.changed(before, undefined, raft);
  Object.assign(raft, fields);
  rule.changed(snapshot(at, raft), before, raft);
}

test("R6: growing is fine, falling is not", () => {
  const base = { term: 5, commitIndex: 3, appliedIndex: 3, durableTerm: 5 };
  change(new Monotone(), fakeRaft(base), { term: 6, commitIndex: 4, appliedIndex: 4 });
  breaks("R6", () => change(new Monotone(), fakeRaft(base), { term: 4 }));
  breaks("R6", () => change(new Monotone(), fakeRaft(base), { commitIndex: 2 }));
  breaks("R6", () => change(new Monotone(), fakeRaft(base), { appliedIndex: 2 }));
});

test("R6: a synced term outlives the process", () => {
  const rule = new Monotone();
  const first = fakeRaft({ term: 7, durableTerm: 7 });
  rule.changed(snapshot({ atUs: 1, node: 1 }, first), undefined, first);
  const second = fakeRaft({ term: 6, durableTerm: 6 });
  rule.changed(snapshot({ atUs: 2, node: 2 }, second), undefined, second);
  const error = breaks("R6", () =>
    rule.changed(snapshot({ atUs: 2, node: 1 }, second), undefined, second),
  );
  expect(error.message).toContain("term 7 was synced and is forgotten");
});

test("R6: a match index falls only with a new term", () => {
  const leader = { role: "leader" as const, progress: new Map([[2, { match: 9 }]]) };
  const lower = new Map([[2, { match: 8 }]]);
  change(new Monotone(), fakeRaft(leader), { term: 2, progress: lower });
  breaks("R6", () => change(new Monotone(), fakeRaft(leader), { progress: lower }));
});

test("R7: applied, committed and last in order, and what is applied is synced", () => {
  const log = new FakeLog([1, 1, 1]);
  const good = { log, appliedIndex: 1, commitIndex: 2, durableIndex: 1 };
  change(new Bounds(), fakeRaft({ log }), good);
  breaks("R7", () => change(new Bounds(), fakeRaft({ log }), { ...good, appliedIndex: 3 }));
  breaks("R7", () => change(new Bounds(), fakeRaft({ log }), { ...good, commitIndex: 4 }));
  breaks("R7", () => change(new Bounds(), fakeRaft({ log }), { ...good, appliedIndex: 2 }));
});

test("R8: a leader neither cuts nor replaces; a follower may", () => {
  const lead = { role: "leader" as const, log: new FakeLog([1, 2]), term: 2 };
  change(new AppendOnly(), fakeRaft(lead), { log: new FakeLog([1, 2, 2]) });
  change(new AppendOnly(), fakeRaft({ ...lead, role: "follower" }), { log: new FakeLog([1]) });
  breaks("R8", () => change(new AppendOnly(), fakeRaft(lead), { log: new FakeLog([1]) }));
  breaks("R8", () => change(new AppendOnly(), fakeRaft(lead), { log: new FakeLog([1, 1, 2]) }));
});

test("the sweep hands on what changed, and starts anew with a new life", () => {
  const world = new FakeWorld();
  const sights: [number, boolean][] = [];
  const sweep = new Sweep([
    { changed: (now, before) => sights.push([now.commitIndex, before !== undefined]) },
  ]);
  const raft = fakeRaft({ commitIndex: 1 });
  const host = world.put(1, raft);
  sweep.attach(world);
  sweep.afterTurn(1, host);
  sweep.afterTurn(1, host);
  raft.commitIndex = 2;
  sweep.afterTurn(1, host);
  sweep.afterTurn(1, world.put(1, raft));
  expect(sights).toEqual([
    [1, false],
    [2, true],
    [2, false],
  ]);
});
