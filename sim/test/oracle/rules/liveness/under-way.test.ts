import type { Host } from "@disheap/core";
import { expect, test } from "vitest";
import { UnderWay } from "../../../../src/oracle/rules/liveness/under-way.js";
import { createTopic, quietWorld } from "../../../host/quiet-world.js";

/** A node of a real world that leads a partition, and the rule by itself. */
function leading() {
  const q = quietWorld(3, {}, false);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  const host = [1, 2, 3]
    .map((n) => q.world.host(n))
    .find((h) => h?.context.groups.get(1)?.raft.isLeader);
  const replica = host?.context.groups.get(1);
  if (!host || !replica) throw new Error("somebody must lead");
  const rule = new UnderWay();
  rule.attach(q.world);
  const look = (times = 1) => {
    for (let i = 0; i < times; i += 1) rule.afterTurn(1, host);
  };
  return { host, replica, look };
}

function propose({ replica, host }: ReturnType<typeof leading>, ...bytes: readonly number[]): void {
  bytes.forEach((one, i) => {
    replica.proposed.set(1_000 + i, { term: replica.proposedTerm, origins: [], bytes: one });
    replica.proposedBytes += one;
    host.context.budgets.proposedBytes += one;
  });
}

test("L12: what is counted is there, and within the bound but for the first and the last of a group", () => {
  const right = leading();
  right.look();
  const most = right.host.context.config.limits.proposedBytesMax;
  propose(right, most, most, most);
  right.look();
  const beyond = leading();
  propose(beyond, 1, most, 1, 1);
  expect(() => beyond.look()).toThrow(/it may have/);
  const wrong = leading();
  wrong.host.context.budgets.proposedBytes += 1;
  expect(() => wrong.look()).toThrow(/counts 1 bytes of entries/);
  const leaked = leading();
  leaked.host.context.appendWindow(leaked.host.context.self === 3 ? 1 : 3).bytes += 7;
  expect(() => leaked.look()).toThrow(/counts 7 bytes of log/);
});

test("L12: what an earlier leadership proposed does not count any more", () => {
  const next = leading();
  propose(next, 5, 5);
  next.replica.proposedTerm += 1;
  expect(() => next.look()).toThrow(/counts 10 bytes of entries .* of group 1; there are 0/);
  next.host.context.budgets.proposedBytes -= next.replica.proposedBytes;
  next.replica.proposedBytes = 0;
  next.look();
});

test("L13: turns in which nothing changes end", () => {
  const { host, look } = leading();
  const wants = (isWanted: boolean): Host["wantsTurn"] => (host.context.wantsTurn = isWanted);
  wants(true);
  look(200);
  host.context.framesSent += 1;
  look(200);
  wants(false);
  look();
  wants(true);
  look(200);
  expect(() => look(200)).toThrow(/turns after each other/);
});
