import type { ClientResult } from "@disheap/core";
import { expect, test } from "vitest";
import { StalledDisks } from "../../../../src/oracle/rules/liveness/stalled-disks.js";
import type { HostView } from "../../../../src/oracle/rules/views/watched.js";
import type { World } from "../../../../src/world/world.js";
import { breaks } from "../states.js";

const ENQUEUE = {
  op: "enqueue",
  topic: "t0",
  payload: new Uint8Array(1),
  priorityHi: 0,
  priorityLo: 1,
} as const;
const LOST: ClientResult = { ok: false, failure: { code: "UNAVAILABLE", message: "" } };
const REFUSED: ClientResult = { ok: false, failure: { code: "NOT_FOUND", message: "" } };

function ruleAt(startMs: number, readyMs = 0): { rule: StalledDisks; queue: { nowUs: number } } {
  const queue = { nowUs: startMs * 1000 };
  const faults = [{ kind: "disk.stall-leader", atMs: 10_000, untilMs: 25_000, topic: "t0" }];
  const world = { queue, plan: { faults }, nodes: [{ number: 1, process: {} }] };
  const rule = new StalledDisks();
  rule.attach(world as unknown as World);
  queue.nowUs = readyMs * 1000;
  rule.afterTurn(1, { isReady: true, context: { incarnation: 1 } } as unknown as HostView);
  queue.nowUs = startMs * 1000;
  rule.readStarted(1, 1, ENQUEUE);
  return { rule, queue };
}

test("L9: a call that is lost or late while one disk stands still breaks the rule", () => {
  breaks("L9", () => ruleAt(17_000).rule.replied(1, LOST));
  const { rule, queue } = ruleAt(17_000);
  queue.nowUs += 4_500_000;
  breaks("L9", () => rule.replied(1, REFUSED));
});

test("L9: answers in time are fine, and so is anything before the election or without a stall", () => {
  expect(() => ruleAt(17_000).rule.replied(1, REFUSED)).not.toThrow();
  expect(() => ruleAt(12_000).rule.replied(1, LOST)).not.toThrow();
  expect(() => ruleAt(26_000).rule.replied(1, LOST)).not.toThrow();
  // A node that has just begun anew is not calm.
  expect(() => ruleAt(17_000, 12_000).rule.replied(1, LOST)).not.toThrow();
});
