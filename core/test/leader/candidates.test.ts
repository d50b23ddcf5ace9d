// A leader tells of no more candidates than an edge may ask for, whatever a peer asks.

import { expect, test } from "vitest";
import { onAsk } from "../../src/leader/grants.js";
import { CANDIDATES_MAX, type Ladder } from "../../src/wire/messages.js";
import { oneQueue } from "../support/one-queue.js";

test("a peer that asks for all candidates is told of the first ones, and that more are left", () => {
  const rig = oneQueue(CANDIDATES_MAX + 9, 0);
  const { context } = rig.host;
  const ladders: Ladder[] = [];
  const send = context.send.bind(context);
  context.send = (peer, m) => {
    if (m.kind === "ladder") ladders.push(m);
    else send(peer, m);
  };
  const ask = {
    kind: "ask",
    group: 1,
    edgeIncarnation: 7,
    stream: 3,
    serial: 1,
    count: 2 ** 32 - 1,
  } as const;
  onAsk(context, 2, ask);
  expect(ladders).toHaveLength(1);
  const told = ladders[0].rungs.reduce((sum, rung) => sum + rung.count, 0);
  expect(told).toBe(CANDIDATES_MAX);
  expect(ladders[0].hasMore).toBe(true);
});
