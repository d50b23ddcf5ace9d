import { expect, test } from "vitest";
import { IdleLeaders } from "../../../../src/oracle/rules/liveness/idle-leaders.js";
import { breaks, FakeWorld } from "../states.js";

/** A leader on node 1 with something in its queue and nothing under way; it takes turns until a time. */
function stage() {
  const world = new FakeWorld();
  const rule = new IdleLeaders();
  rule.attach(world);
  const replica = {
    id: 1,
    isServing: true,
    stoppedBecause: undefined as string | undefined,
    queue: ["intent"],
    raft: {
      isLeader: true,
      handover: undefined as object | undefined,
      appliedIndex: 7,
      log: { lastIndex: 7 },
    },
  };
  const host = { isReady: true, context: { incarnation: 1, groups: new Map([[1, replica]]) } };
  const turns = (untilMs: number): void => {
    for (; world.queue.nowUs <= untilMs * 1000; world.queue.nowUs += 100_000) {
      rule.afterTurn(1, host);
    }
  };
  return { world, replica, host, turns };
}

test("L15: a leader that has nothing under way and something to do is noticed", () => {
  const { turns } = stage();
  turns(900);
  breaks("L15", () => turns(1_100));
});

test("L15: one that proposes, has something under way or nothing to do is right", () => {
  const { replica, turns } = stage();
  turns(900);
  replica.raft.log.lastIndex += 1;
  turns(9_000);
  replica.raft.appliedIndex += 1;
  replica.queue = [];
  turns(19_000);
  expect(replica.raft.isLeader).toBe(true);
});

test("L15: who does not serve, hands over or has stopped takes nothing on", () => {
  const [other, leaving, stopped] = [stage(), stage(), stage()];
  other.replica.isServing = false;
  other.turns(9_000);
  leaving.replica.raft.handover = {};
  leaving.turns(9_000);
  stopped.replica.stoppedBecause = "R1: broken";
  stopped.turns(9_000);
});

test("L15: a node that made no turn meanwhile, or is another life, is not accused", () => {
  const paused = stage();
  paused.turns(500);
  paused.world.queue.nowUs += 9_000_000;
  paused.turns(9_900);
  const reborn = stage();
  reborn.turns(900);
  reborn.host.context.incarnation += 1;
  reborn.turns(1_800);
});
