import { encodeIntent, type ErrorCode, type PeerMessage } from "@disheap/core";
import { test } from "vitest";
import { GiveBacks } from "../../../../src/oracle/rules/streams/give-backs.js";
import { breaks, FakeWorld } from "../states.js";

const RELEASE = encodeIntent({ kind: "release.undelivered", index: 1, offset: 0, fence: 1 });
const PAYLOAD = { priorityHi: 0, priorityLo: 1, payload: Uint8Array.of(1), delayMs: 0 };
const ENQUEUE = encodeIntent({
  kind: "enqueue",
  ...PAYLOAD,
  producer: undefined,
  maxRetries: undefined,
});

const request = (intent: Uint8Array, attempt: number): PeerMessage => ({
  kind: "request",
  group: 1,
  edgeIncarnation: 1,
  requestId: 7,
  attempt,
  isOnce: false,
  action: { type: "propose", intent },
});

const refusal = (code: ErrorCode): PeerMessage => ({
  kind: "reply",
  edgeIncarnation: 1,
  requestId: 7,
  attempt: 1,
  outcome: { type: "refused", code, message: "" },
});

const DONE: PeerMessage = {
  kind: "reply",
  edgeIncarnation: 1,
  requestId: 7,
  attempt: 1,
  outcome: { type: "done", index: 9, body: new Uint8Array() },
};

/** Edge 1 asks the leader on node 2, which answers; the edge takes turns all the while. */
function stage(intent: Uint8Array, code: ErrorCode) {
  const world = new FakeWorld();
  const rule = new GiveBacks();
  rule.attach(world);
  const turn = (untilMs: number): void => {
    for (; world.queue.nowUs <= untilMs * 1000; world.queue.nowUs += 100_000) {
      rule.afterTurn(1, { context: { incarnation: 1 } });
    }
  };
  turn(1_000);
  rule.sent(1, 2, request(intent, 1));
  rule.sent(2, 1, refusal(code));
  return { rule, world, turn };
}

test("Q18: a release that found no room and is asked again is right", () => {
  const { rule, turn } = stage(RELEASE, "RESOURCE_EXHAUSTED");
  turn(2_000);
  rule.sent(1, 2, request(RELEASE, 2));
  turn(19_000);
});

test("Q18: an answer that crosses a later attempt is an answer, whatever that attempt hears", () => {
  const { rule, turn } = stage(RELEASE, "RESOURCE_EXHAUSTED");
  rule.sent(1, 2, request(RELEASE, 2));
  rule.sent(2, 1, DONE);
  rule.sent(1, 2, request(RELEASE, 3));
  rule.sent(2, 1, refusal("RESOURCE_EXHAUSTED"));
  turn(19_000);
});

test("Q18: one that is not asked again is noticed", () => {
  const { turn } = stage(RELEASE, "RESOURCE_EXHAUSTED");
  breaks("Q18", () => turn(14_000));
});

test("Q18: other refusals end it, a client's request is its client's matter", () => {
  stage(RELEASE, "FAILED_PRECONDITION").turn(19_000);
  stage(ENQUEUE, "RESOURCE_EXHAUSTED").turn(19_000);
});

test("Q18: a node that made no turn meanwhile, or is another life, is not accused", () => {
  const paused = stage(RELEASE, "RESOURCE_EXHAUSTED");
  paused.world.queue.nowUs += 19_000_000;
  paused.rule.afterTurn(1, { context: { incarnation: 1 } });
  const reborn = stage(RELEASE, "RESOURCE_EXHAUSTED");
  reborn.rule.afterTurn(1, { context: { incarnation: 2 } });
  reborn.turn(19_000);
});
