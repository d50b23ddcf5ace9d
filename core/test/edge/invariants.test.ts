// Each invariant of the edge's state is seen to fire: the state is broken by hand.

import { describe, expect, test } from "vitest";
import { Operations } from "../../src/edge/requests/operations.js";
import { Forwards } from "../../src/edge/requests/forwards.js";
import { ForwardedRequests } from "../../src/edge/requests/requests.js";
import { EdgeStream } from "../../src/edge/streams/edge-stream.js";
import { HandledGrants } from "../../src/edge/streams/handled.js";
import { Outbox } from "../../src/edge/streams/outbox.js";
import { tickRounds } from "../../src/edge/streams/rounds.js";
import { SentSerials } from "../../src/edge/streams/sent-serials.js";
import { Streams } from "../../src/edge/streams/streams.js";
import type { StreamHost } from "../../src/edge/streams/stream-host.js";
import type { HostContext } from "../../src/member/context.js";
import type { RequestAction } from "../../src/wire/messages.js";
import { foundingOf, HostRig } from "../support/host-rig.js";

/** Of a node that is a member; its partition is on nodes that say nothing. */
function contextOfMember(): HostContext {
  const rig = new HostRig({ nodes: 3 });
  const { context } = rig.host;
  context.join(foundingOf(rig.members));
  context.incarnation = 1;
  return context;
}

function operationsOf(context: HostContext): Operations {
  return new Operations(context, { batchEnded: () => undefined, isKnown: () => true });
}

const PLACE = { group: 9, partition: 0, incarnation: 1, voters: [2, 3] };
const FILTER = { kind: "stream.filter", streamId: 7, topic: "jobs", partitionIds: [] } as const;

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

describe("a forwarded request", () => {
  function started(): { requests: ForwardedRequests; request: { isDoubtful: boolean } } {
    const context = contextOfMember();
    const requests = new ForwardedRequests(
      context,
      () => undefined,
      () => true,
    );
    const action: RequestAction = { type: "propose", intent: new Uint8Array(8) };
    const deadlineMs = context.monotonicMs + 10_000;
    const how = { isIdempotent: false, isPatient: false, deadlineMs, operation: 1, leg: 0 };
    requests.start({ group: 9, voters: [2, 3], action, ...how });
    const { pending } = requests as unknown as {
      pending: Map<number, { isDoubtful: boolean; isOut: boolean }>;
    };
    const request = pending.get(1);
    if (!request) throw new Error("it must be under way");
    request.isOut = false;
    return { requests, request };
  }

  test("REQ1: what is in doubt and must not be doubled is not sent again", () => {
    const { requests, request } = started();
    request.isDoubtful = true;
    expect(() => requests.tick()).toThrow(/^REQ1/);
  });

  test("REQ2: it ends once", () => {
    const { requests, request } = started();
    const inside = requests as unknown as { giveUp(of: typeof request): void };
    inside.giveUp(request);
    expect(() => inside.giveUp(request)).toThrow(/^REQ2/);
  });
});

test("OPS1, OPS2: each leg of an operation ends once, and so does the operation", () => {
  const operations = operationsOf(contextOfMember());
  operations.background(PLACE, { kind: "partition.close" }, 1_000);
  const inside = operations as unknown as {
    operations: Map<number, { waiting: number }>;
    onEnd(id: number, leg: number, end: object): void;
    succeed(operation: object, result: object): void;
  };
  const operation = inside.operations.get(1);
  if (!operation) throw new Error("it must be under way");
  operation.waiting = 0;
  const end = { type: "done", index: 1, body: new Uint8Array(0), from: 2 };
  expect(() => inside.onEnd(1, 0, end)).toThrow(/^OPS1/);
  inside.succeed(operation, { ok: true });
  expect(() => inside.succeed(operation, { ok: true })).toThrow(/^OPS2/);
});

test("CUR1, CUR2: a client's stream has one stream, which is closed once", () => {
  const context = contextOfMember();
  const settings = { partitions: 1, visibilityMs: 1_000, mode: "MIN" };
  const streams = new Streams(context, operationsOf(context), {
    findTopic: () => ({ topic: "jobs", settings, partitions: [PLACE] }) as never,
    findPlace: () => PLACE,
    sessions: undefined as never,
  });
  streams.onFilter(FILTER);
  const inside = streams as unknown as {
    current: Map<number, EdgeStream>;
    tryOpen(clientStream: number, opening: object, isFresh: boolean): void;
    close(stream: EdgeStream): void;
  };
  const stream = inside.current.get(7);
  if (!stream) throw new Error("it must be open");
  expect(() => inside.tryOpen(7, { filter: FILTER }, true)).toThrow(/^CUR2/);
  inside.close(stream);
  expect(() => inside.close(stream)).toThrow(/^CUR1/);
});
