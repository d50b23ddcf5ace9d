// Peeks that come together are served over several turns, each within its budget of rows, and no peer gets more
// rows than the contract allows.

import { expect, test } from "vitest";
import { PAGE_MAX } from "../../src/contract/limits/units.js";
import { decodePeek } from "../../src/wire/read-bodies.js";
import { oneQueue } from "../support/one-queue.js";

const HELD = 3_000;
const PEEKS = 100;

test("a turn shows no more rows than its budget and one peek more, and asks for another turn", () => {
  const rig = oneQueue(HELD, 3_000_000);
  const { turnRowsMax } = rig.host.context.config.limits;
  const request = { op: "peek", topic: "jobs", limit: PAGE_MAX, includeDlq: true } as const;
  const peeks = Array.from({ length: PEEKS }, (_, n) => n);
  rig.turn(...peeks.map((n) => ({ kind: "client.request", requestId: n + 9, request }) as const));
  let turns = 1;
  let most = rig.effects.length;
  for (; rig.effects.length < PEEKS && rig.host.wantsTurn; turns += 1) {
    const before = rig.effects.length;
    rig.turn();
    most = Math.max(most, rig.effects.length - before);
  }
  expect(rig.effects.length).toBe(PEEKS);
  expect(most).toBeLessThanOrEqual(Math.ceil(turnRowsMax / PAGE_MAX));
  expect(turns).toBeGreaterThanOrEqual(PEEKS / most);
});

test("a peer that asks for more than a peek shows gets that much", () => {
  const rig = oneQueue(HELD, 3_000_000);
  const bodies: Uint8Array[] = [];
  const { context } = rig.host;
  const send = context.send.bind(context);
  context.send = (peer, m) => {
    if (m.kind === "reply" && m.outcome.type === "done") bodies.push(m.outcome.body);
    if (m.kind !== "request" || m.action.type !== "read.peek") send(peer, m);
    else send(peer, { ...m, action: { ...m.action, limit: 2 ** 32 - 1 } });
  };
  rig.ask({ op: "peek", topic: "jobs", limit: 1, includeDlq: true });
  rig.settle();
  expect(bodies.map((body) => decodePeek(body, 1, 0).rows.length)).toContain(PAGE_MAX);
});
