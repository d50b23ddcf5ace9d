import type { PeerMessage, Role } from "@disheap/core";
import { beforeEach, expect, test } from "vitest";
import { StoppedReplicas } from "../../../../src/oracle/rules/raft/stopped-replicas.js";
import { breaks } from "../states.js";

const replica = {
  id: 7,
  isServing: false,
  stoppedBecause: undefined as string | undefined,
  machineStoppedBecause: undefined as string | undefined,
  raft: { role: "follower" as Role },
};
let rule: StoppedReplicas;
let one: typeof replica;
let shown: string | undefined;

beforeEach(() => {
  rule = new StoppedReplicas();
  rule.attach({ queue: { nowUs: 5_000 } });
  one = { ...replica, raft: { role: "follower" } };
  shown = undefined;
});

const turn = (): void => {
  const more = shown === undefined ? {} : { stoppedBecause: shown };
  rule.afterTurn(2, {
    context: { groups: new Map([[7, one]]) },
    status: () => ({ groups: [{ group: 7, ...more } as never] }),
  });
};
const say = (message: object): void => rule.sent(2, 3, message as PeerMessage);
const stop = (): void => {
  one.stoppedBecause = shown = "Q3: why";
  turn();
};

test("one that leads, and one that stopped and is quiet, are right", () => {
  one.isServing = true;
  one.raft.role = "leader";
  turn();
  say({ kind: "beat", items: [{ group: 7 }] });
  one.isServing = false;
  one.raft.role = "follower";
  stop();
  say({ kind: "granted", group: 7, state: "not-leader" });
  say({ kind: "ladder", group: 7, state: "not-leader" });
  say({ kind: "beat", items: [{ group: 6 }] });
  say({ kind: "append.reply", group: 7 });
});

test.each([
  ["is leader", () => (one.raft.role = "leader")],
  ["is pre-candidate", () => (one.raft.role = "pre-candidate")],
  ["still serves", () => (one.isServing = true)],
])("R13: one that stopped and %s", (what, change) => {
  change();
  one.machineStoppedBecause = shown = "D-89: why";
  expect(breaks("R13", turn).message).toContain(what);
});

test("R13: one that the node calls well", () => {
  one.stoppedBecause = "Q3: why";
  expect(breaks("R13", turn).message).toContain('is shown to operators as "well"');
});

test.each([
  { kind: "pre-vote", group: 7 },
  { kind: "vote", group: 7 },
  { kind: "digest", group: 7 },
  { kind: "beat", items: [{ group: 6 }, { group: 7 }] },
  { kind: "granted", group: 7, state: "more" },
  { kind: "ladder", group: 7, state: "ok" },
])("R13: one that says $kind", (message) => {
  stop();
  expect(breaks("R13", () => say(message)).message).toContain(`sends n3 a ${message.kind}`);
});
