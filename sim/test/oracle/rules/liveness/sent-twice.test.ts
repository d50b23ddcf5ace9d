import type { PeerMessage } from "@disheap/core";
import { expect, test } from "vitest";
import { SentTwice } from "../../../../src/oracle/rules/liveness/sent-twice.js";
import type { World } from "../../../../src/world/world.js";
import { breaks } from "../states.js";

const to = { group: 1, incarnation: 1, term: 2 };
const bytes = new Uint8Array(0);
const append = (seq: number, first: number, count: number, isStart = false): PeerMessage => ({
  kind: "append",
  ...to,
  seq,
  isStart,
  prevIndex: first - 1,
  prevTerm: 1,
  commit: 0,
  blocks: count === 0 ? [] : [{ bytes, use: count }],
});
const untaken = (seq: number, next: number): PeerMessage => ({
  kind: "append.untaken",
  ...to,
  seq,
  next,
});

function ruleOver(link: { lives: number }): SentTwice {
  const rule = new SentTwice();
  const world = { network: { livesOf: () => link.lives }, queue: { nowUs: 0 } };
  rule.attach(world as unknown as World);
  rule.sent(1, 2, append(1, 1, 0, true));
  rule.sent(1, 2, append(2, 1, 3));
  rule.sent(1, 2, append(3, 4, 2));
  return rule;
}

test("L10: entries are not sent again over a link that stayed up", () => {
  const rule = ruleOver({ lives: 1 });
  rule.sent(1, 2, append(4, 6, 0));
  breaks("L10", () => rule.sent(1, 2, append(5, 4, 2)));
  // Nor by calling it a new run.
  breaks("L10", () => ruleOver({ lives: 1 }).sent(1, 2, append(4, 4, 2, true)));
});

test("L10: a follower that missed some gets them from there, once", () => {
  const rule = ruleOver({ lives: 1 });
  rule.sent(2, 1, untaken(3, 2));
  rule.sent(1, 2, append(4, 4, 2, true));
  breaks("L10", () => rule.sent(1, 2, append(5, 4, 2)));
  const asks = ruleOver({ lives: 1 });
  asks.sent(2, 1, untaken(3, 2));
  asks.sent(1, 2, append(4, 4, 0, true));
  expect(() => asks.sent(1, 2, append(5, 4, 2))).not.toThrow();
});

test("L10: a new life of the link begins anew", () => {
  const link = { lives: 1 };
  const rule = ruleOver(link);
  link.lives = 2;
  expect(() => rule.sent(1, 2, append(4, 4, 2))).not.toThrow();
});
