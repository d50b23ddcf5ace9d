import { encodeIntent, type Intent, type PeerMessage } from "@disheap/core";
import { expect, test } from "vitest";
import { Once } from "../../../../src/oracle/rules/answers/once.js";
import { breaks, Entries } from "../states.js";

const ENQUEUE: Intent = {
  kind: "enqueue",
  priorityHi: 0,
  priorityLo: 7,
  payload: Uint8Array.of(1, 2),
  producer: undefined,
  maxRetries: undefined,
  delayMs: 0,
};

/** Two rows that are the same. */
const TWINS: Intent = {
  kind: "enqueue.many",
  rows: 2,
  producer: undefined,
  priority: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0),
  length: Uint8Array.of(2, 0, 0, 0, 2, 0, 0, 0),
  maxRetries: new Uint8Array(0),
  delayMs: new Uint8Array(0),
  payload: Uint8Array.of(1, 2, 1, 2),
};

const request = (attempt: number, intent: Intent = ENQUEUE): PeerMessage => ({
  kind: "request",
  edgeIncarnation: 1,
  requestId: 5,
  attempt,
  isOnce: true,
  group: 1,
  action: { type: "propose", intent: encodeIntent(intent) },
});
const surelyNot = (attempt: number): PeerMessage => ({
  kind: "reply",
  edgeIncarnation: 1,
  requestId: 5,
  attempt,
  outcome: { type: "surely-not", leader: 0 },
});

function stage() {
  const rule = new Once();
  const entries = new Entries();
  const commit = (): void => rule.entry(entries.next(1, [], [ENQUEUE]));
  const ask = (attempt: number): void => rule.sent(3, 1, request(attempt));
  const refuse = (attempt: number): void => rule.sent(1, 3, surelyNot(attempt));
  return { rule, commit, ask, refuse };
}

test("Q2: an attempt is applied once, or is surely not and followed by another", () => {
  const { ask, refuse, commit } = stage();
  ask(1);
  ask(1);
  refuse(1);
  refuse(1);
  ask(2);
  commit();
});

test("Q2: each row of a batch counts, also when another one is the same", () => {
  const { rule, commit } = stage();
  rule.sent(3, 1, request(1, TWINS));
  commit();
  commit();
  breaks("Q2", commit);
  const refused = stage();
  refused.rule.sent(3, 1, request(1, TWINS));
  refused.refuse(1);
  breaks("Q2", refused.commit);
});

test("Q2: one attempt in the log twice", () => {
  const { ask, commit } = stage();
  ask(1);
  commit();
  breaks("Q2", commit);
});

test("Q2: surely not, and applied all the same, before or after", () => {
  const late = stage();
  late.ask(1);
  late.refuse(1);
  const error = breaks("Q2", late.commit);
  expect(error.first?.text).toBe('answered "surely-not" to attempt n3.1.5.1');
  expect(error.message).toContain(
    "sent 1 times, 1 of them surely not applied, and is in the log 1",
  );
  const early = stage();
  early.ask(1);
  early.commit();
  breaks("Q2", () => early.refuse(1));
});

test("Q2: what nobody asked for by a request is left to other rules", () => {
  const { commit, refuse } = stage();
  commit();
  refuse(1);
  commit();
});
