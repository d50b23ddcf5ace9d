// Section 22: calls of a session. What is wrong with a row costs that row, what is wrong with a call that call.

import assert from "node:assert/strict";
import { type Draft, type EnqueueRows, SETTLE, type SettleRows } from "@disheap/proto/session";
import { status as Status } from "@grpc/grpc-js";
import type { CodeName } from "../rig.js";
import type { Case } from "../case.js";
import type { Enqueued, RowAnswer } from "../session/answers.js";
import { column32, numbers, pairOf, rows } from "../session/columns.js";
import type { RawSession } from "../session/raw-session.js";
import type { SessionRig } from "../session/session-rig.js";

const ROWS_MAX = 4096;
const CALLS_MAX = 4096;
const MIB = 1024 * 1024;
const TOKEN = `00000001${"A".repeat(35)}`;

/** "ok", or the code of a refusal that surely did nothing and says why. */
function outcome(answer: RowAnswer | undefined): string {
  if (answer === undefined) return "no answer";
  if (answer === "settled" || !("code" in answer)) return "ok";
  assert(!answer.mayBeDone && answer.message.length > 10, JSON.stringify(answer));
  return Status[answer.code] ?? String(answer.code);
}

function enqueuedOf(answers: readonly RowAnswer[]): Enqueued[] {
  return answers.map((answer) => {
    assert(typeof answer === "object" && "messageId" in answer, JSON.stringify(answer));
    return answer;
  });
}

/** A session for which handle 1 is a new topic, and its name. */
async function sessionOf(
  rig: SessionRig,
  settings: Parameters<SessionRig["topic"]>[0] = {},
): Promise<{ session: RawSession; topic: string }> {
  const topic = await rig.topic(settings);
  const session = await rig.session(rig.place(topic)).opened();
  session.topic(topic);
  return { session, topic };
}

const BAD_CALLS: readonly (readonly [string, CodeName, Draft<EnqueueRows>])[] = [
  ["no rows", "INVALID_ARGUMENT", { topic: 1 }],
  ["more rows than a call may have", "INVALID_ARGUMENT", rows(ROWS_MAX + 1)],
  ["columns of unequal length", "INVALID_ARGUMENT", { ...rows(3), length: column32(1, 2) }],
  [
    "lengths that are not the payload's",
    "INVALID_ARGUMENT",
    { ...rows(2), length: column32(1, 2) },
  ],
  ["a topic never bound", "INVALID_ARGUMENT", { ...rows(2), topic: 9 }],
  [
    "a producer never bound",
    "INVALID_ARGUMENT",
    { ...rows(2), producer: 9, firstSequence: pairOf(1n) },
  ],
  ["a sequence without a producer", "INVALID_ARGUMENT", { ...rows(2), firstSequence: pairOf(1n) }],
  ["a number of 2^53", "INVALID_ARGUMENT", { ...rows(2), call: 2 ** 53 }],
  ["a partition that is not there", "NOT_FOUND", { ...rows(2), partition: 7 }],
];

const BAD_SETTLES: readonly (readonly [string, Draft<SettleRows>])[] = [
  ["no rows", { kind: SETTLE.ack }],
  ["a kind that does not exist", { kind: 77, delivery: numbers(1) }],
  [
    "numbers and tokens",
    { kind: SETTLE.ack, delivery: numbers(1), topic: 1, messageId: ["x"], leaseToken: [TOKEN] },
  ],
  ["more tokens than ids", { kind: SETTLE.ack, topic: 1, leaseToken: [TOKEN] }],
  [
    "the tokens of a topic never bound",
    { kind: SETTLE.ack, topic: 9, messageId: ["0".repeat(26)], leaseToken: [TOKEN] },
  ],
  ["an extension of 0", { kind: SETTLE.extend, delivery: numbers(1), extensionMs: 0 }],
];

/** Rows of a large call. */
const MANY = 4000;

/** How a small call ends behind a large one that fills the window, in a frame of its own as both are too much for one.
 * The large one has many rows, so that it is rarely answered before the small one is there; when it was, once more. */
async function beyondTheWindow(session: RawSession): Promise<string> {
  const whole = session.windowBytes;
  for (let attempt = 1; ; attempt += 1) {
    await session.until("the whole window", () => session.windowBytes >= whole);
    const call = session.nextCall();
    const beyond = session.nextCall();
    const answered = Promise.all([session.expect(call, MANY), session.expect(beyond, 1)]);
    session.send({ enqueue: [{ ...rows(MANY, Math.floor((whole - 200_000) / MANY)), call }] });
    session.send({ enqueue: [{ ...rows(1, 250_000), call: beyond }] });
    const [inside, outside] = await answered;
    assert.deepEqual(new Set(inside.map(outcome)), new Set(["ok"]));
    const how = outside.map(outcome).join();
    if (how !== "ok" || attempt === 20) return how;
  }
}

export function sessionCallCases(): Case[] {
  return [
    ...BAD_CALLS.map(([what, code, bad]): Case => ({
      section: 22,
      rule: `an enqueue with ${what} is refused with ${code}, and the session goes on`,
      way: "session",
      run: async (rig) => {
        const { session, topic } = await sessionOf(rig);
        const answers = await session.enqueue(bad, Math.max(1, (bad.priority?.length ?? 0) / 8));
        assert(
          answers.every((answer) => outcome(answer) === code),
          outcome(answers[0]),
        );
        enqueuedOf(await session.enqueue(rows(2)));
        assert.equal((await rig.stats(topic)).totalEnqueues, 2n);
      },
    })),
    ...BAD_SETTLES.map(([what, bad]): Case => ({
      section: 22,
      rule: `a settle with ${what} is INVALID_ARGUMENT, and the session goes on`,
      way: "session",
      run: async (rig) => {
        const { session } = await sessionOf(rig);
        const call = session.nextCall();
        const answered = session.expect(call, 1);
        session.send({ settle: [{ ...bad, call }] });
        assert.deepEqual((await answered).map(outcome), ["INVALID_ARGUMENT"]);
        enqueuedOf(await session.enqueue(rows(1)));
      },
    })),
    {
      section: 22,
      rule: "rows of one call are answered each, in order and under its own id; a bad one fails alone",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await sessionOf(rig, { maxPayloadBytes: 10n });
        const length = column32(1, 0, 3, 11, 2);
        const payload = new Uint8Array(17).fill(120);
        const answers = await session.enqueue({ ...rows(5), length, payload });
        assert.deepEqual(answers.map(outcome), [
          "ok",
          "INVALID_ARGUMENT",
          "ok",
          "INVALID_ARGUMENT",
          "ok",
        ]);
        const good = answers.filter((answer) => outcome(answer) === "ok");
        const { items } = await rig.peek(topic);
        assert.deepEqual(
          items.map(({ messageId, priority, payload: bytes }) => [
            messageId,
            priority,
            bytes.length,
          ]),
          enqueuedOf(good).map(({ messageId }, n) => [messageId, BigInt(2 * n), [1, 3, 2][n]]),
        );
      },
    },
    {
      section: 22,
      rule: "a call of as many rows as there may be goes in whole",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await sessionOf(rig, { partitions: 3 });
        const ids = enqueuedOf(await session.enqueue(rows(ROWS_MAX)));
        assert.equal(new Set(ids.map(({ messageId }) => messageId)).size, ROWS_MAX);
        assert.equal((await rig.stats(topic)).totalMessages, BigInt(ROWS_MAX));
      },
    },
    {
      section: 22,
      rule: "a call's number is used once, and rises from frame to frame",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await sessionOf(rig);
        enqueuedOf(await session.enqueue({ ...rows(1), call: 5 }));
        for (const call of [5, 4, 1]) {
          const answered = session.frames.length;
          session.send({ enqueue: [{ ...rows(1), call }] });
          const refusals = () =>
            session.frames.slice(answered).flatMap(({ failed }) => failed.map(({ code }) => code));
          await session.until("a refusal", () => refusals().length > 0);
          assert.deepEqual(refusals(), [Status.INVALID_ARGUMENT]);
        }
        enqueuedOf(await session.enqueue({ ...rows(1), call: 6 }));
        assert.equal((await rig.stats(topic)).totalEnqueues, 2n);
      },
    },
    {
      section: 22,
      rule: "one call more than may be under way is RESOURCE_EXHAUSTED, the others are done",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await sessionOf(rig);
        const calls = Array.from({ length: CALLS_MAX + 1 }, () => session.nextCall());
        const answered = Promise.all(calls.map((call) => session.expect(call, 1)));
        session.send({ enqueue: calls.map((call) => ({ ...rows(1), call })) });
        const outcomes = (await answered).flat().map(outcome);
        assert.equal(outcomes.pop(), "RESOURCE_EXHAUSTED");
        assert(outcomes.every((one) => one === "ok"));
        assert.equal((await rig.stats(topic)).totalMessages, BigInt(CALLS_MAX));
      },
    },
    {
      section: 22,
      rule: "a number never given is FAILED_PRECONDITION for its row, and for no other of the call",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await sessionOf(rig);
        enqueuedOf(await session.enqueue(rows(2)));
        session.send({
          consumer: [{ handle: 1, topic: 1 }],
          credit: [{ consumer: 1, count: 2 }],
        });
        await session.until("two deliveries", () => session.deliveredRows === 2);
        const delivery = numbers(1, 3, 2, 2 ** 53, 0);
        const answers = await session.settle({ kind: SETTLE.ack, delivery });
        const none = "FAILED_PRECONDITION";
        assert.deepEqual(answers.map(outcome), ["ok", none, "ok", none, none]);
        assert.equal((await rig.stats(topic)).totalAcks, 2n);
      },
    },
    {
      section: 22,
      rule: "ack, nack, extend and release go by number; after a settle the number is good no more, the token is",
      way: "session",
      run: async (rig) => {
        const { topic } = await sessionOf(rig);
        await rig.enqueueAll(topic, [1n, 2n, 3n]);
        const pop = rig.stream(topic).filter(topic, { visibilityMs: 600_000 }).credits(3);
        const [first, second, third] = await pop.take(3);
        assert(first !== undefined && second !== undefined && third !== undefined);
        const { session } = pop;
        const by = (kind: number, number: number, more: Draft<SettleRows> = {}) =>
          session.settle({ kind, delivery: numbers(number), ...more });
        const extended = await by(SETTLE.extend, 1, { extensionMs: 60_000 });
        assert.deepEqual(extended.map(outcome), ["ok"]);
        const [seen] = (await rig.peek(topic)).items;
        assert.equal(Number(seen?.leaseDeadline) - Number(first.leaseDeadline), 60_000);
        for (const [kind, number] of [
          [SETTLE.ack, 1],
          [SETTLE.nack, 2],
          [SETTLE.release, 3],
        ] as const) {
          assert.deepEqual((await by(kind, number, { backoffMs: 600_000 })).map(outcome), ["ok"]);
          assert.deepEqual((await by(kind, number)).map(outcome), ["FAILED_PRECONDITION"]);
        }
        const place = rig.place(topic);
        await rig.ack(first, place);
        await rig.nack(second, 0, place);
        await rig.release(third, place);
        const stats = await rig.stats(topic);
        assert.deepEqual([stats.totalAcks, stats.totalNacks], [1n, 1n]);
        const { items } = await rig.peek(topic);
        assert.deepEqual(
          items.map(({ priority, attempts }) => [priority, attempts]),
          [
            [3n, 0],
            [2n, 1],
          ],
        );
      },
    },
    {
      section: 22,
      rule: "rows of a producer that are sent again are duplicates under their first ids, through any node",
      way: "session",
      run: async (rig) => {
        const { topic } = await sessionOf(rig, { partitions: 3 });
        const sequences = { producer: 1, firstSequence: pairOf(60n) };
        let first: Enqueued[] | undefined;
        for (const place of [...rig.nodes.keys(), 0]) {
          const session = await rig.session(place).opened();
          session.topic(topic);
          session.send({ producer: [{ handle: 1, producerId: "p", epoch: pairOf(2n) }] });
          const got = enqueuedOf(await session.enqueue({ ...rows(10), ...sequences }));
          first ??= got;
          const expected = first.map((row) => ({ ...row, duplicate: got !== first }));
          assert.deepEqual(got, expected);
        }
        assert.equal((await rig.stats(topic)).totalMessages, 10n);
        const single = await rig.enqueue(topic, { producerId: "p", epoch: 2n, sequence: 64n });
        assert.deepEqual(single, { ...first?.[4], duplicate: true });
      },
    },
    {
      section: 22,
      rule: "with a partition rows go there; one that belongs elsewhere by its key is refused alone",
      way: "session",
      run: async (rig) => {
        const { session } = await sessionOf(rig, { partitions: 3 });
        for (const partition of [0, 1, 2]) {
          const got = enqueuedOf(await session.enqueue({ ...rows(3), partition }));
          assert(got.every(({ partitionId }) => partitionId === partition));
        }
        const partitionKey = ["a", "b", "c", "d", "e", "f", "g", "h"];
        const homes = enqueuedOf(await session.enqueue({ ...rows(8), partitionKey }));
        const answers = await session.enqueue({ ...rows(8), partitionKey, partition: 1 });
        assert.deepEqual(
          answers.map(outcome),
          homes.map(({ partitionId }) => (partitionId === 1 ? "ok" : "INVALID_ARGUMENT")),
        );
        assert(answers.some((answer) => outcome(answer) !== "ok"));
      },
    },
    {
      section: 22,
      rule: "payload beyond the window is RESOURCE_EXHAUSTED, and the window grows as calls are answered",
      way: "session",
      run: async (rig) => {
        const { session } = await sessionOf(rig, { maxPayloadBytes: BigInt(4 * MIB) });
        const whole = session.windowBytes;
        const half = Math.floor(whole / 2) + 1;
        assert.equal(await beyondTheWindow(session), "RESOURCE_EXHAUSTED");
        await session.until("the whole window again", () => session.windowBytes >= whole);
        for (let n = 0; n < 5; n += 1) {
          await session.until("room again", () => session.windowBytes >= half);
          enqueuedOf(await session.enqueue(rows(1, half)));
        }
      },
    },
  ];
}
