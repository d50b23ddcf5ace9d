import { expect, test } from "vitest";
import { InvariantViolation } from "@disheap/core";
import { ReplicaInvariants } from "../../../../src/oracle/rules/raft/replica-invariants.js";
import { breaks, FakeLog, FakeWorld, fakeRaft, fakeReplica } from "../states.js";

class World extends FakeWorld {
  planted = false;

  isPlanted(): boolean {
    return this.planted;
  }
}

function setUp(say: (blocks?: number) => void) {
  const world = new World();
  const rule = new ReplicaInvariants();
  rule.attach(world);
  const host = world.put(1, { ...fakeRaft(), assertInvariants: say });
  return { world, rule, host };
}

const BROKEN = (): never => {
  throw new InvariantViolation("GRP2: committed 7, log to 3");
};

test("what a replica says of itself breaks the rule that it names", () => {
  const { rule, host } = setUp(BROKEN);
  const error = breaks("GRP2", () => rule.afterTurn(1, host));
  expect(error.message).toBe("n1, group 1: GRP2: committed 7, log to 3");
});

test("after a turn the newest of a log is looked at, in the end all of it", () => {
  const seen: (number | undefined)[] = [];
  const { rule, host } = setUp((blocks) => seen.push(blocks));
  rule.afterTurn(1, host);
  rule.finish();
  expect(seen).toEqual([4, Infinity]);
});

test("one that stopped, or that the plan broke, is left out; other errors are not hidden", () => {
  const { world, rule, host } = setUp(BROKEN);
  world.planted = true;
  rule.afterTurn(1, host);
  const { raft } = fakeReplica({ ...fakeRaft(), assertInvariants: BROKEN });
  const stopped = { ...fakeReplica(raft), stoppedBecause: "GRP2" };
  world.planted = false;
  rule.afterTurn(1, { ...host, context: { ...host.context, groups: new Map([[1, stopped]]) } });
  const failing = setUp(() => {
    throw new TypeError("no such thing");
  });
  expect(() => failing.rule.afterTurn(1, failing.host)).toThrow(TypeError);
});

test("all of a replica is looked at after each turn, the blocks in memory when its log has changed", () => {
  const seen: (number | undefined)[] = [];
  const world = new World();
  const rule = new ReplicaInvariants();
  rule.attach(world);
  const log = Object.assign(new FakeLog(), { changes: 0 });
  const put = () =>
    world.put(1, { ...fakeRaft({ log }), assertInvariants: (blocks) => seen.push(blocks) });
  const host = put();
  rule.afterTurn(1, host);
  rule.afterTurn(1, host);
  log.changes += 1;
  rule.afterTurn(1, host);
  rule.afterTurn(1, host);
  expect(seen).toEqual([4, 0, 4, 0]);
  // Another life of the node, or another replica: nothing is known of it.
  rule.afterTurn(1, put());
  rule.finish();
  expect(seen).toEqual([4, 0, 4, 0, 4, Infinity]);
});
