// Everything a session can be sent that no client should send: refused by a code and a sentence, what concerns one
// call costs that call only, and the node serves on.

import { encodeSessionIn, SETTLE } from "@disheap/proto/session";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HELLO, JOBS, numbers, rows, sessionWorld, words } from "./raw-session.js";

const INVALID = 3;
const EXHAUSTED = 8;
const PRECONDITION = 9;

describe("what concerns one call", () => {
  const three = rows(3, 2);
  test.each([
    [
      "columns of unequal length",
      { ...three, length: words(1, 1) },
      INVALID,
      "column length has 2 rows",
    ],
    [
      "a payload of another size",
      { ...three, length: words(1, 1, 2) },
      INVALID,
      "add up to 4 bytes",
    ],
    ["lengths of 2^32", { ...three, length: words(1, 1, 4294967295) }, INVALID, "add up to"],
    ["no rows", { call: 2, topic: 1 }, INVALID, "rows of a call: is missing or 0"],
    ["too many rows", rows(4097, 2), INVALID, "from 1 to 4096"],
    ["a topic never bound", { ...three, topic: 9 }, INVALID, "topic 9 is not bound"],
    [
      "a producer never bound",
      { ...three, producer: 9, firstSequence: { hi: 0, lo: 1 } },
      INVALID,
      "producer 9",
    ],
    [
      "a sequence without producer",
      { ...three, firstSequence: { hi: 0, lo: 1 } },
      INVALID,
      "first_sequence goes",
    ],
    ["more retries than rows", { ...three, maxRetries: words(1, 2, 3, 4) }, INVALID, "max_retries"],
    ["fewer delays than rows", { ...three, delayMs: numbers(1, 2) }, INVALID, "delay_ms"],
    ["fewer keys than rows", { ...three, partitionKey: ["a"] }, INVALID, "partition_key"],
    ["a call used twice", { ...three, call: 1 }, INVALID, "used once"],
    ["a call that does not rise", { ...three, call: 0 }, INVALID, "call: is missing or 0"],
    ["a call of 2^53", { ...three, call: 2 ** 53 }, INVALID, "call: is 9007199254740992"],
    ["a partition that is not there", { ...three, partition: 7 }, 5, "partition 7 not found"],
  ])("%s", (_what, enqueue, code, sentence) => {
    const { q, open } = sessionWorld();
    const session = open().send({ ...JOBS, enqueue: [rows(1)] });
    q.advance(500);
    session.send({ enqueue: [enqueue] });
    q.advance(500);
    expect(session.failed).toHaveLength(1);
    expect(session.failed[0]).toMatchObject({ code, mayBeDone: false });
    expect(session.failed[0]?.message).toContain(sentence);
    session.send({ enqueue: [rows(2, 3)] });
    q.advance(500);
    expect(session.enqueuedRows).toBe(3);
    expect(session.end).toBeUndefined();
  });

  test("one bad row fails alone", () => {
    const { q, open } = sessionWorld();
    const four = { ...rows(3), length: words(1, 0, 2) };
    const session = open().send({ ...JOBS, enqueue: [four] });
    q.advance(500);
    expect(session.enqueuedRows).toBe(2);
    expect(session.failed).toMatchObject([{ call: 1, firstRow: 1, count: 1, code: INVALID }]);
  });

  test("sequences beyond 2^64, and a row that its key sends elsewhere", () => {
    const { q, open } = sessionWorld();
    q.ask(1, {
      op: "topic.create",
      topic: "wide",
      settings: { mode: "MIN", partitions: 3, replicationFactor: 3 },
    });
    const session = open().send({
      hello: HELLO,
      topic: [{ handle: 1, topic: "wide" }],
      producer: [{ handle: 1, producerId: "p", epoch: { hi: 0, lo: 1 } }],
      enqueue: [
        { ...rows(2, 1), producer: 1, firstSequence: { hi: 4294967295, lo: 4294967295 } },
        { ...rows(1, 2), producer: 1, firstSequence: { hi: 4294967295, lo: 4294967295 } },
        { ...rows(1, 3), partition: 0, partitionKey: ["a"] },
        { ...rows(1, 4), partition: 1, partitionKey: ["a"] },
        { ...rows(1, 5), partition: 2, partitionKey: ["a"] },
      ],
    });
    q.advance(2_000);
    const refused = session.failed.map(({ call, code }) => [call, code]);
    expect(session.failed).toContainEqual(
      expect.objectContaining({ call: 1, count: 0, code: INVALID, mayBeDone: false }),
    );
    expect(refused).not.toContainEqual([2, INVALID]);
    expect(refused.filter(([call = 0]) => call >= 3)).toHaveLength(2);
    expect(session.failed.at(-1)?.message).toContain("the row belongs to");
    expect(session.enqueuedRows).toBe(2);
  });

  test.each([
    ["an extension of 0", { kind: SETTLE.extend, delivery: numbers(1), extensionMs: 0 }],
    ["a backoff of more than a year", { kind: SETTLE.nack, delivery: numbers(1), backoffMs: 1e12 }],
    ["more tokens than ids", { kind: SETTLE.ack, topic: 1, leaseToken: ["x"] }],
    ["a topic never bound", { kind: SETTLE.ack, topic: 9, messageId: ["x"], leaseToken: ["y"] }],
    ["no rows", { kind: SETTLE.ack }],
  ])("a settle with %s is refused as a whole", (_what, settle) => {
    const { q, open } = sessionWorld();
    const session = open().send({ ...JOBS, settle: [{ ...settle, call: 1 }] });
    q.advance(500);
    expect(session.failed).toMatchObject([{ call: 1, firstRow: 0, count: 0, code: INVALID }]);
    expect(session.end).toBeUndefined();
  });

  test("credits for a consumer that has ended", () => {
    const { q, open } = sessionWorld();
    const session = open().send({
      hello: HELLO,
      topic: [{ handle: 1, topic: "nowhere" }],
      consumer: [{ handle: 1, topic: 1 }],
      credit: [{ consumer: 1, count: 10_000 }],
    });
    q.advance(1_000);
    expect(session.frames.flatMap(({ ended }) => ended)).toMatchObject([{ consumer: 1, code: 5 }]);
    for (let n = 0; n < 3; n += 1) session.send({ credit: [{ consumer: 1, count: 10_000 }] });
    q.advance(500);
    expect(session.end).toBeUndefined();
  });

  test("deliveries never given, tokens of nobody, kinds that do not exist", () => {
    const { q, open } = sessionWorld();
    const session = open().send({
      ...JOBS,
      settle: [
        { call: 1, kind: SETTLE.ack, delivery: numbers(1, 2 ** 53) },
        { call: 2, kind: SETTLE.nack, topic: 1, messageId: ["x"], leaseToken: ["y"] },
        { call: 3, kind: 77, delivery: numbers(1) },
        { call: 4, kind: SETTLE.ack, delivery: numbers(1), topic: 1, leaseToken: ["y"] },
      ],
    });
    q.advance(500);
    expect(session.failed.map(({ call, code }) => [call, code])).toEqual([
      [1, PRECONDITION],
      [1, PRECONDITION],
      [2, INVALID],
      [3, INVALID],
      [4, INVALID],
    ]);
    expect(session.end).toBeUndefined();
  });

  test("payload beyond the window", () => {
    const { q, open } = sessionWorld();
    const session = open().send(JOBS);
    q.advance(10);
    const most = session.frames.at(0)?.enqueueBytesMax ?? 0;
    const half = Math.floor(most / 2) + 1;
    const large = (call: number): ReturnType<typeof rows> => ({
      ...rows(1, call),
      length: words(half),
      payload: new Uint8Array(half),
    });
    session.send({ enqueue: [large(1), large(2)] });
    q.advance(2_000);
    expect(session.failed.map(({ call, code }) => [call, code])).toContainEqual([2, EXHAUSTED]);
    session.send({ enqueue: [rows(1, 3)] });
    q.advance(1_000);
    expect(session.enqueuedRows).toBeGreaterThanOrEqual(1);
  });
});

describe("what ends the session", () => {
  const whole = encodeSessionIn({ ...JOBS, enqueue: [rows(3)] });
  test.each([
    ["half a frame", whole.slice(0, whole.length - 5), "cut off"],
    ["bytes that are nothing", Uint8Array.of(255, 255, 255, 255), "cannot be read as a SessionIn"],
    ["no hello", { topic: [{ handle: 1, topic: "jobs" }] }, "no hello"],
    [
      "a receive limit below a frame",
      { hello: { ...HELLO, receiveBytesMax: 1000 } },
      "from 2097152",
    ],
    ["a handle bound twice", { ...JOBS, topic: [...JOBS.topic, ...JOBS.topic] }, "bound once"],
    ["handle 0", { hello: HELLO, topic: [{ handle: 0, topic: "jobs" }] }, "from 1"],
    [
      "a topic with no name",
      { hello: HELLO, topic: [{ handle: 1, topic: "" }] },
      "topic: is empty",
    ],
    [
      "a producer of epoch 0",
      { hello: HELLO, producer: [{ handle: 1, producerId: "p", epoch: { hi: 0, lo: 0 } }] },
      "epoch",
    ],
    [
      "a consumer of a topic never bound",
      { ...JOBS, consumer: [{ handle: 1, topic: 2 }] },
      "topic 2",
    ],
    ["the close of a consumer never opened", { ...JOBS, close: [4] }, "consumer 4"],
    [
      "more handles than there may be",
      {
        hello: HELLO,
        topic: Array.from({ length: 1025 }, (_, n) => ({ handle: n + 1, topic: "jobs" })),
      },
      "1024 handles",
    ],
    [
      "credits of a consumer never opened",
      { ...JOBS, credit: [{ consumer: 4, count: 1 }] },
      "consumer 4",
    ],
    [
      "2^32 credits",
      {
        ...JOBS,
        consumer: [{ handle: 1, topic: 1 }],
        credit: [{ consumer: 1, count: 4294967295 }],
      },
      "at most 16384",
    ],
  ])("%s", (_what, frame, sentence) => {
    const { q, open } = sessionWorld();
    const session = open().send(frame);
    q.advance(100);
    expect(session.end?.failure?.message).toContain(sentence);
    expect(session.frames.at(-1)?.end?.message).toContain(sentence);
    const other = open().send({ ...JOBS, enqueue: [rows(1)] });
    q.advance(500);
    expect(other.enqueuedRows).toBe(1);
  });

  test("a second hello", () => {
    const { q, open } = sessionWorld();
    const session = open().send(JOBS);
    q.advance(100);
    session.send({ hello: HELLO });
    q.advance(100);
    expect(session.end?.failure?.message).toContain("first frame only");
  });

  test("one session more than there may be", () => {
    const { q, open } = sessionWorld({ limits: { sessionsMax: 5 } });
    const sessions = Array.from({ length: 6 }, () => open().send({ hello: HELLO }));
    q.advance(100);
    expect(sessions.map(({ end }) => end?.failure?.code)).toEqual([
      ...new Array<undefined>(5).fill(undefined),
      "RESOURCE_EXHAUSTED",
    ]);
    sessions[0]?.gone();
    const next = open().send({ ...JOBS, enqueue: [rows(1)] });
    q.advance(500);
    expect(next.enqueuedRows).toBe(1);
  });
});

test("frames that were changed on their way hurt nobody else", () => {
  const { q, open } = sessionWorld();
  const good = open().send(JOBS);
  q.advance(500);
  const whole = encodeSessionIn({
    ...JOBS,
    consumer: [{ handle: 1, topic: 1, reportsStarted: true }],
    settle: [{ call: 1, kind: SETTLE.ack, delivery: numbers(1, 2) }],
    enqueue: [rows(3, 2)],
    started: [{ firstDelivery: 1, count: 3 }],
    credit: [{ consumer: 1, count: 2 }],
  });
  let call = 0;
  const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const frame = whole.slice();
      for (const { at, to } of changes) frame[at] = to;
      const session = open(1 + (call % 3)).send(frame);
      call += 1;
      good.send({ enqueue: [rows(1, call)] });
      q.advance(60);
      session.gone();
    }),
    { numRuns: 150 },
  );
  q.advance(1_000);
  expect(good.enqueuedRows).toBe(call);
  expect(good.end).toBeUndefined();
  for (const node of [1, 2, 3]) expect(q.world.host(node)?.sessions.heldCount).toBeLessThan(3);
});
