import { beforeEach, expect, test } from "vitest";
import { ForwardedRequests, type RequestEnd } from "../../../src/edge/requests/requests.js";
import type { HostContext } from "../../../src/member/context.js";
import type { ReplyOutcome, Request } from "../../../src/wire/messages.js";

import { foundingOf, HostRig } from "../../support/host-rig.js";

const SELF = 1;
const NO_ROOM: ReplyOutcome = { type: "refused", code: "RESOURCE_EXHAUSTED", message: "full" };

let context: HostContext;
let requests: ForwardedRequests;
let ends: RequestEnd[];

beforeEach(() => {
  const rig = new HostRig();
  ({ context } = rig.host);
  context.join(foundingOf(rig.members));
  context.incarnation = 1;
  ends = [];
  requests = new ForwardedRequests(
    context,
    (_operation, _part, end) => ends.push(end),
    () => true,
  );
});

function start(more: { isPatient?: boolean; intentBytes?: number } = {}): void {
  const { isPatient = false, intentBytes = 8 } = more;
  requests.start({
    group: 1,
    voters: [SELF],
    action: { type: "propose", intent: new Uint8Array(intentBytes) },
    isIdempotent: true,
    isPatient,
    deadlineMs: context.monotonicMs + 10_000,
    operation: 1,
    leg: 0,
  });
}

/** What was sent since the last look, to this node itself. */
function sent(): Request[] {
  const found = context.loopback.filter((m) => m.kind === "request");
  context.loopback.length = 0;
  return found;
}

function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 50) {
    context.monotonicMs += 50;
    requests.tick();
  }
}

function reply(request: Request, outcome: ReplyOutcome): void {
  const { requestId, attempt } = request;
  requests.onReply(SELF, { kind: "reply", edgeIncarnation: 1, requestId, attempt, outcome });
}

test("no room: a client hears it at once", () => {
  start();
  reply(sent()[0], NO_ROOM);
  expect(ends).toMatchObject([{ type: "failed", code: "RESOURCE_EXHAUSTED" }]);
});

test("no room: what nobody waits for is asked again after a pause, until it is taken", () => {
  start({ isPatient: true });
  reply(sent()[0], NO_ROOM);
  pass(50);
  expect(sent()).toEqual([]);
  pass(100);
  const again = sent();
  expect(again).toHaveLength(1);
  reply(again[0], { type: "done", index: 3, body: new Uint8Array(0) });
  expect(ends).toMatchObject([{ type: "done", index: 3 }]);
});

test("no room for a repeat says nothing of the attempt before it: its client never hears a refusal", () => {
  start();
  const first = sent();
  pass(1_000);
  const second = sent();
  expect([first.length, second.length]).toEqual([1, 1]);
  reply(second[0], NO_ROOM);
  expect(ends).toEqual([]);
  pass(9_000);
  expect(ends).toMatchObject([{ type: "failed", code: "UNAVAILABLE" }]);
  expect(ends[0].type === "failed" && ends[0].message).toContain("outcome is unknown");
});

test("a topic that is gone says nothing of the attempt before it (seed 50 once)", () => {
  const gone: ReplyOutcome = { type: "refused", code: "NOT_FOUND", message: "gone" };
  start();
  reply(sent()[0], gone);
  expect(ends).toMatchObject([{ code: "NOT_FOUND" }]);
  start();
  sent();
  pass(1_000);
  reply(sent()[0], gone);
  expect(ends[1]).toMatchObject({ type: "failed", code: "UNAVAILABLE" });
});

test("members whose links are not up are passed over while another can be asked (seed 118 once)", () => {
  const three = new HostRig({ nodes: 3 });
  const { context: of } = three.host;
  of.join(foundingOf(three.members));
  const asking = new ForwardedRequests(
    of,
    () => undefined,
    () => true,
  );
  asking.learnLeader(9, 2);
  const asked = (): number[] => [0, 1, 2].map((tries) => asking.leaderOf(9, [2, 3], tries));
  expect(asked()).toEqual([2, 2, 2]);
  of.links.setDown(3, false);
  expect(asked()).toEqual([3, 3, 3]);
  of.links.setDown(2, false);
  expect(asked()).toEqual([2, 2, 2]);
  of.links.setDown(2, true);
  expect(asked()).toEqual([3, 3, 3]);
});

test("a leader that is no member is nobody to ask, whoever names it (D-89)", () => {
  start();
  const first = sent();
  reply(first[0], { type: "surely-not", leader: 99 });
  expect([sent(), requests.hintCount]).toEqual([[], 0]);
  pass(100);
  expect(sent()).toHaveLength(1);
  requests.learnLeader(1, 99);
  expect(requests.leaderOf(1, [SELF], 0)).toBe(SELF);
});

test("a small repeat travels whole to the next voter, a large one asks first", () => {
  start();
  sent();
  pass(1_000);
  expect(sent()[0].action.type).toBe("propose");
  start({ intentBytes: 5_000 });
  const [whole] = sent();
  pass(1_000);
  const question = sent().filter(({ requestId }) => requestId === whole.requestId);
  expect(question.map(({ action }) => action.type)).toEqual(["repeat"]);
  // In hand: it goes on waiting and asks again.
  reply(question[0], { type: "in-hand" });
  pass(1_000);
  const again = sent().filter(({ requestId }) => requestId === whole.requestId);
  expect(again.map(({ action }) => action.type)).toEqual(["repeat"]);
  // Not in hand: at once, whole.
  reply(again[0], { type: "not-in-hand" });
  expect(sent().map(({ action }) => action.type)).toEqual(["propose"]);
  // A question without an answer is followed by the whole.
  pass(1_000);
  pass(1_000);
  const last = sent().filter(({ requestId }) => requestId === whole.requestId);
  expect(last.map(({ action }) => action.type)).toEqual(["repeat", "propose"]);
});

/** A large request of a node without a replica, to two others. */
function askOthers(isIdempotent: boolean): {
  readonly out: [peer: number, request: Request][];
  readonly ends: RequestEnd[];
  answer(outcome: ReplyOutcome): void;
  wait(ms: number): void;
} {
  const three = new HostRig({ nodes: 3 });
  const { context: of } = three.host;
  of.join(foundingOf(three.members));
  of.incarnation = 1;
  const ended: RequestEnd[] = [];
  const asking = new ForwardedRequests(
    of,
    (_operation, _part, end) => ended.push(end),
    () => true,
  );
  const out: [peer: number, request: Request][] = [];
  of.send = (peer, message) => {
    if (message.kind === "request") out.push([peer, message]);
  };
  asking.start({
    group: 9,
    voters: [2, 3],
    action: { type: "propose", intent: new Uint8Array(100_000) },
    isIdempotent,
    isPatient: false,
    deadlineMs: of.monotonicMs + 10_000,
    operation: 1,
    leg: 0,
  });
  return {
    out,
    ends: ended,
    answer: (outcome) => {
      const [peer, { requestId, attempt }] = out[out.length - 1];
      asking.onReply(peer, { kind: "reply", edgeIncarnation: 1, requestId, attempt, outcome });
    },
    wait: (ms) => {
      of.monotonicMs += ms;
      asking.tick();
    },
  };
}

const wholes = (out: readonly [number, Request][]): number =>
  out.filter(([, { action }]) => action.type === "propose").length;

test("a large request that nobody leads travels no more until a voter says that it does", () => {
  const { out, ends: ended, answer, wait } = askOthers(false);
  for (let i = 0; i < 20; i += 1) {
    answer({ type: "surely-not", leader: 0 });
    wait(100);
  }
  // Two who each name the other.
  for (let i = 0; i < 20; i += 1) {
    answer({ type: "surely-not", leader: out[out.length - 1][0] === 2 ? 3 : 2 });
    wait(100);
  }
  expect(new Set(out.map(([peer]) => peer))).toEqual(new Set([2, 3]));
  expect(wholes(out)).toBe(1);
  answer({ type: "not-in-hand" });
  const [[before], [leader, whole]] = out.slice(-2);
  expect([leader, whole.action.type]).toEqual([before, "propose"]);
  answer({ type: "done", index: 7, body: new Uint8Array(0) });
  expect(ended).toMatchObject([{ type: "done", index: 7, from: leader }]);
});

test.each([true, false])(
  "a question without an answer leaves no doubt: nothing was sent (idempotent: %s)",
  (isIdempotent) => {
    const { out, ends: ended, answer, wait } = askOthers(isIdempotent);
    answer({ type: "surely-not", leader: 0 });
    for (let i = 0; i < 100; i += 1) wait(100);
    expect(wholes(out)).toBe(1);
    expect(new Set(out.slice(1).map(([peer]) => peer))).toEqual(new Set([2, 3]));
    expect(ended).toMatchObject([{ type: "failed", code: "UNAVAILABLE", mayBeDone: false }]);
  },
);
