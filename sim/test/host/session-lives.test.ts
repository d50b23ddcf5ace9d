// What a session lives through: leaders that change, a window that is used up, leases that end, a client that waits.

import { SETTLE } from "@disheap/proto/session";
import { describe, expect, test } from "vitest";
import { JOBS, numbers, type RawSession, rows, sessionWorld, words } from "./raw-session.js";

const PRECONDITION = 9;
const EXHAUSTED = 8;

type World = ReturnType<typeof sessionWorld>;

/** A session of node `node` that was given `count` deliveries. */
function given(
  { q, open }: World,
  count: number,
  more: { readonly visibilityMs?: number; readonly node?: number } = {},
): RawSession {
  const { visibilityMs, node = 1 } = more;
  const session = open(node).send({
    ...JOBS,
    consumer: [{ handle: 1, topic: 1, visibilityMs, reportsStarted: true }],
    enqueue: [rows(count)],
    credit: [{ consumer: 1, count }],
  });
  q.advance(1_000);
  expect(session.deliveredRows).toBe(count);
  return session;
}

function leaderOf({ q }: World): number {
  const leads = (n: number): boolean =>
    q.world.host(n)?.context.groups.get(1)?.raft.isLeader === true;
  return [1, 2, 3].find(leads) ?? 0;
}

describe("a route", () => {
  test("is told again when the leader changes", () => {
    const world = sessionWorld();
    const first = leaderOf(world);
    const session = given(world, 1, { node: (first % 3) + 1 });
    const routes = (): string[] =>
      session.frames.flatMap(({ route }) => route).map(({ node }) => node);
    world.q.advance(1_000);
    expect(routes()).toEqual([`n${first}`]);
    world.q.world.kill(first);
    world.q.advance(6_000);
    expect(routes().at(-1)).toBe(`n${leaderOf(world)}`);
    expect(routes().at(-1)).not.toBe(`n${first}`);
  });

  test("is not told while nobody is known to lead", () => {
    const { q, open } = sessionWorld();
    for (const node of [1, 2, 3]) q.world.kill(node);
    q.world.start(1);
    q.advance(500);
    const session = open().send({ ...JOBS, consumer: [{ handle: 1, topic: 1 }] });
    q.advance(3_000);
    expect(session.frames[0]?.welcome?.node).toBe("n1");
    expect(session.frames.flatMap(({ route }) => route)).toEqual([]);
    for (const node of [2, 3]) q.world.start(node);
    q.advance(6_000);
    const names = session.frames.flatMap(({ route }) => route).map(({ node }) => node);
    expect(names).toHaveLength(1);
    expect(names[0]).toMatch(/^n[123]$/);
  });
});

describe("the window", () => {
  const large = (call: number, topic: number, bytes: number): ReturnType<typeof rows> => ({
    ...rows(1, call),
    topic,
    length: words(bytes),
    payload: new Uint8Array(bytes),
  });

  test.each([
    ["that are refused as a whole", 9, {}, "topic 9 is not bound"],
    ["for which the node has no room", 1, { requestBytesMax: 1_000_000 }, "REQUEST_BYTES_MAX"],
  ])("is not used up by calls %s", (_what, topic, limits, sentence) => {
    const { q, open } = sessionWorld({ limits });
    const session = open().send(JOBS);
    q.advance(10);
    const most = session.frames[0]?.enqueueBytesMax ?? 0;
    const half = Math.floor(most / 2);
    for (let call = 1; call <= 10; call += 1) {
      session.send({ enqueue: [large(call, topic, half)] });
      q.advance(100);
    }
    expect(session.failed).toHaveLength(10);
    for (const { message } of session.failed) expect(message).toContain(sentence);
    session.send({ enqueue: [rows(1, 11)] });
    q.advance(1_000);
    expect(session.enqueuedRows).toBe(1);
  });
});

describe("the number of a delivery", () => {
  const settle = (session: RawSession, call: number, kind: number, ...which: number[]) =>
    session.send({ settle: [{ call, kind, delivery: numbers(...which), extensionMs: 6_000 }] });

  test("is good until it was settled", () => {
    const world = sessionWorld();
    const session = given(world, 2);
    settle(session, 2, SETTLE.ack, 1);
    world.q.advance(500);
    settle(session, 3, SETTLE.ack, 1, 2);
    world.q.advance(500);
    expect(session.settledRows).toBe(2);
    expect(session.failed).toMatchObject([{ call: 3, firstRow: 0, count: 1, code: PRECONDITION }]);
  });

  test("is forgotten when its lease is over, and not when that was extended", () => {
    const world = sessionWorld();
    const session = given(world, 2, { visibilityMs: 3_000 });
    settle(session, 2, SETTLE.extend, 2);
    world.q.advance(5_000);
    settle(session, 3, SETTLE.ack, 1, 2);
    world.q.advance(500);
    expect(session.settledRows).toBe(2);
    expect(session.failed).toMatchObject([{ call: 3, firstRow: 0, count: 1, code: PRECONDITION }]);
    // By this node, which asks nobody: it is not held here any more.
    expect(session.failed[0]?.message).toContain("not held by this session");
  });

  test.each([
    ["a range", { firstDelivery: 2, count: 3 }, [1, 5]],
    ["a range without end", { firstDelivery: 2, count: 4_294_967_295 }, [1]],
    ["all of it", { firstDelivery: 1, count: 4_294_967_295 }, []],
    ["nothing that is there", { firstDelivery: 6, count: 9 }, [1, 2, 3, 4, 5]],
  ])("is started by %s, and by a settle", (_what, range, back) => {
    const world = sessionWorld();
    const session = given(world, 5);
    session.send({ started: [range], ends: true });
    world.q.advance(1_000);
    const peek = world.q.ask(1, { op: "peek", topic: "jobs", limit: 10, includeDlq: false });
    const items = peek?.ok === true && peek.op === "peek" ? peek.items : [];
    const returned = items.flatMap(({ isLeased, priorityLo }) =>
      isLeased ? [] : [priorityLo + 1],
    );
    expect(returned).toEqual(back);
  });

  test("that was extended counts as started", () => {
    const world = sessionWorld();
    const session = given(world, 2);
    settle(session, 2, SETTLE.extend, 2);
    session.send({ ends: true });
    world.q.advance(1_000);
    expect(world.q.ask(1, { op: "stats", topic: "jobs" })).toMatchObject({
      global: { inflightMessages: 1 },
    });
  });
});

test("an end does not wait longer than a request for a partition that has no leader", () => {
  const world = sessionWorld();
  const session = given(world, 2);
  for (const node of [2, 3]) world.q.world.kill(node);
  const requestMs = world.q.world.host(1)?.context.config.defaults.requestTimeoutMs ?? 0;
  // The give-backs themselves are tried for a minute.
  session.send({ ends: true });
  world.q.advance(requestMs - 1_000);
  expect(session.end).toBeUndefined();
  world.q.advance(3_000);
  expect(session.end).toEqual({ failure: undefined });
  expect(session.frames.at(-1)?.end?.code).toBe(0);
});

test("what a delivery waited for begins with its enqueue or with room for it, whichever is later", () => {
  const world = sessionWorld();
  const { q, open } = world;
  const waits: number[] = [];
  const observer = q.world.host(1)?.context.observer ?? {};
  Object.assign(observer, { rowDelivered: (_topic: string, ms: number) => waits.push(ms) });
  const session = open().send({
    ...JOBS,
    consumer: [{ handle: 1, topic: 1, reportsStarted: true }],
    credit: [{ consumer: 1, count: 1 }],
  });
  q.advance(3_000);
  // Room for long.
  session.send({ enqueue: [rows(3)] });
  q.advance(3_000);
  // Messages for long.
  session.send({ credit: [{ consumer: 1, count: 1 }] });
  q.advance(3_000);
  expect(session.deliveredRows).toBe(2);
  expect(waits).toHaveLength(2);
  for (const waitedMs of waits) expect(waitedMs).toBeLessThan(500);
  // Room for two, and one of them comes when the other, which was delayed, has half of its wait behind it.
  session.send({ credit: [{ consumer: 1, count: 3 }] });
  session.send({ enqueue: [{ ...rows(1, 2), delayMs: numbers(4_000) }] });
  q.advance(3_000);
  session.send({ enqueue: [rows(1, 3)] });
  q.advance(2_000);
  expect(session.deliveredRows).toBe(5);
  expect(waits).toHaveLength(5);
  expect(waits[4]).toBeLessThan(1_500);
  // A second delivery has no known moment of becoming ready again.
  session.send({
    settle: [{ call: 4, kind: SETTLE.nack, delivery: numbers(1), backoffMs: 0 }],
    credit: [{ consumer: 1, count: 1 }],
  });
  q.advance(1_000);
  expect(session.deliveredRows).toBe(6);
  expect(waits).toHaveLength(5);
});

test("as many calls may be under way as is said, and one more is refused", () => {
  const { q, open } = sessionWorld();
  const session = open().send(JOBS);
  q.advance(10);
  const most = session.frames[0]?.welcome?.callsMax ?? 0;
  const calls = Array.from({ length: most + 1 }, (_, n) => rows(1, n + 1));
  session.send({ enqueue: calls });
  q.advance(5_000);
  expect(session.failed).toMatchObject([{ call: most + 1, code: EXHAUSTED }]);
  expect(session.enqueuedRows).toBe(most);
});
