import type { PeerMessage } from "@disheap/core";
import { expect, test } from "vitest";
import { Elections } from "../../../../src/oracle/rules/raft/elections.js";
import { breaks } from "../states.js";

const to = { group: 4, incarnation: 1 };
const vote = (term: number): PeerMessage => ({
  kind: "vote",
  ...to,
  term,
  lastIndex: 0,
  lastTerm: 0,
  isTransfer: false,
});
const reply = (term: number, granted = true): PeerMessage => ({
  kind: "vote.reply",
  ...to,
  term,
  granted,
});

test("R1: a leader per term, its followers, and the next term's leader are fine", () => {
  const rule = new Elections();
  rule.sent(1, 2, vote(3));
  rule.sent(2, 1, reply(3));
  rule.sent(2, 1, reply(3));
  rule.roleChanged(1, 4, 3, "leader", 1);
  rule.roleChanged(2, 4, 3, "follower", 1);
  rule.roleChanged(2, 4, 4, "leader", 2);
  rule.roleChanged(3, 5, 3, "leader", 3);
  rule.sent(1, 2, reply(4, false));
});

test("R1: two leaders of one term", () => {
  const rule = new Elections();
  rule.roleChanged(1, 4, 3, "leader", 1);
  const error = breaks("R1", () => rule.roleChanged(2, 4, 3, "leader", 2));
  expect(error.message).toContain("two leaders in term 3: n1 and n2");
  expect(error.first?.text).toContain("became leader");
});

test("R1: who follows another leader of the term, or leads without having said so, is noticed", () => {
  const rule = new Elections();
  rule.roleChanged(1, 4, 3, "leader", 1);
  breaks("R1", () => rule.roleChanged(2, 4, 3, "follower", 3));
  breaks("R1", () =>
    rule.sent(2, 3, {
      kind: "beat",
      round: 1,
      isStalled: false,
      items: [{ ...to, term: 3, commit: 0 }],
    }),
  );
});

test("R1: a second vote in a term, for itself or for another", () => {
  const rule = new Elections();
  rule.sent(2, 1, reply(3));
  breaks("R1", () => rule.sent(2, 3, reply(3)));
  breaks("R1", () => rule.sent(2, 3, vote(3)));
});
