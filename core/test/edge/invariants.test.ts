// Each invariant of the edge's state is seen to fire: the state is broken by hand.

import { expect, test } from "vitest";
import { Forwards } from "../../src/edge/requests/forwards.js";
import { EdgeStream } from "../../src/edge/streams/edge-stream.js";
import { HandledGrants } from "../../src/edge/streams/handled.js";
import { Outbox } from "../../src/edge/streams/outbox.js";
import { tickRounds } from "../../src/edge/streams/rounds.js";
import { SentSerials } from "../../src/edge/streams/sent-serials.js";
import type { StreamHost } from "../../src/edge/streams/stream-host.js";
import type { RequestAction } from "../../src/wire/messages.js";

test("E4: no more grants are remembered than may be", () => {
  const handled = new HandledGrants(2);
  handled.mark(1, 1);
  handled.mark(2, 1);
  const { arrived } = handled as unknown as { arrived: { size: number } };
  arrived.size = 4;
  expect(() => handled.mark(3, 1)).toThrow(/^E4/);
});

test("E6: serials only grow, also after all were cleared", () => {
  const sent = new SentSerials();
  sent.add(5, 0, 1000);
  expect(() => sent.add(5, 1, 1000)).toThrow(/^E6/);
  sent.clear();
  expect(() => sent.add(4, 2, 1000)).toThrow(/^E6/);
});

test("FWD1: what lands was out", () => {
  const action: RequestAction = { type: "propose", intent: new Uint8Array(20_000) };
  const forwards = new Forwards(100_000);
  const request = { action, window: 0 };
  expect(forwards.take(request, 2, false)).toBe(true);
  forwards.give(request);
  request.window = 2;
  expect(() => forwards.give(request)).toThrow(/^FWD1/);
});

test("E7: a round begins when none is under way", () => {
  const places = [1, 2].map((group) => ({ group, partition: group, incarnation: 1, voters: [1] }));
  const stream = new EdgeStream({
    number: 1,
    clientStream: 1,
    topic: "jobs",
    places,
    visibilityMs: 1000,
    outbox: new Outbox(),
    nowMs: 0,
  });
  stream.credits = 1;
  stream.sources[0].view = { rungs: [{ hi: 0, lo: 0, count: 1 }], askedMs: 0 };
  stream.ask = { serial: 1, untilMs: 0, waiting: new Set(), unanswered: new Set() };
  stream.round = { untilMs: 9, waiting: new Set([2]), items: [] };
  const host = { context: { monotonicMs: 0 }, modeOf: () => "MIN" } as unknown as StreamHost;
  expect(() => tickRounds(host, stream)).toThrow(/^E7/);
});
