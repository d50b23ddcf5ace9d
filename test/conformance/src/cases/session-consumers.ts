// Section 22: consumers of a session: what was started, what goes back and when, and frames that are cut.

import assert from "node:assert/strict";
import { DeleteHeapReq, DisheapService } from "@disheap/proto";
import { type DeliveryRows, SETTLE, u32At } from "@disheap/proto/session";
import { status as Status } from "@grpc/grpc-js";
import type { Case } from "../case.js";
import { numbers, rows } from "../session/columns.js";
import { itemsOf } from "../session/items.js";
import { HELLO, type RawSession } from "../session/raw-session.js";
import type { SessionRig } from "../session/session-rig.js";
import { until } from "../wait.js";

const KIB = 1024;
const MIB = 1024 * KIB;
const HOUR_MS = 3_600_000;
const GRACE_MS = 5_000;

interface Opened {
  readonly session: RawSession;
  readonly topic: string;
}

/** A topic of `count` messages of the priorities 0, 1 and so on, and a session that was given all of them. */
async function given(
  rig: SessionRig,
  count: number,
  options: { readonly reportsStarted: boolean; readonly bytes?: number },
): Promise<Opened> {
  const topic = await rig.topic();
  const payload = Buffer.alloc(options.bytes ?? 1, 7);
  for (let n = 0; n < count; n += 1) await rig.enqueue(topic, { payload, priority: BigInt(n) });
  const session = await rig.session(rig.place(topic)).opened();
  const { reportsStarted } = options;
  session.send({
    topic: [{ handle: 1, topic }],
    consumer: [{ handle: 1, topic: 1, visibilityMs: HOUR_MS, reportsStarted }],
    credit: [{ consumer: 1, count }],
  });
  await session.until("all deliveries", () => session.deliveredRows === count);
  return { session, topic };
}

/** Of each message, best first: attempts, and whether it is leased. */
async function standing(rig: SessionRig, topic: string): Promise<[number, boolean][]> {
  const { items } = await rig.peek(topic, { limit: 1000 });
  return items.map(({ attempts, isLeased }) => [attempts, isLeased]);
}

function attemptsOf(batches: readonly DeliveryRows[]): number[] {
  return batches.flatMap(({ attempts }) =>
    Array.from({ length: attempts.length / 4 }, (_, row) => u32At(attempts, row)),
  );
}

function orderlyEnd(how: "ends" | "a half-close"): Case {
  return {
    section: 22,
    rule: `after ${how} what was not started goes back at once, uncounted, and what was keeps its lease`,
    way: "session",
    run: async (rig) => {
      const { session, topic } = await given(rig, 5, { reportsStarted: true });
      session.send({
        started: [
          { firstDelivery: 1, count: 1 },
          { firstDelivery: 3, count: 1 },
        ],
      });
      // A settled one is started.
      const [answer] = await session.settle({
        kind: SETTLE.extend,
        delivery: numbers(4),
        extensionMs: 5,
      });
      assert.equal(answer, "settled");
      if (how === "ends") session.send({ ends: true });
      else session.halfClose();
      assert.equal((await session.ended()).code, Status.OK);
      assert.equal(session.end?.code, 0);
      assert.deepEqual(await standing(rig, topic), [
        [1, true],
        [0, false],
        [1, true],
        [1, true],
        [0, false],
      ]);
      // Not shortened: the grace would be 5 s.
      const { items } = await rig.peek(topic);
      const leased = items.filter(({ isLeased }) => isLeased);
      assert(leased.every((item) => Number(item.leaseDeadline) - Date.now() > HOUR_MS / 2));
    },
  };
}

export function sessionConsumerCases(): Case[] {
  return [
    orderlyEnd("ends"),
    orderlyEnd("a half-close"),
    {
      section: 22,
      rule: "a consumer that does not report what it started keeps all that it was given after an orderly end",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await given(rig, 3, { reportsStarted: false });
        session.send({ ends: true });
        assert.equal((await session.ended()).code, Status.OK);
        assert.deepEqual(await standing(rig, topic), Array(3).fill([1, true]));
      },
    },
    {
      section: 22,
      rule: "answers to what was sent before the end come before it",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await given(rig, 3, { reportsStarted: true });
        const call = session.nextCall();
        const answered = session.expect(call, 3);
        const settle = [{ call, kind: SETTLE.ack, delivery: numbers(1, 2, 3) }];
        session.send({ settle, ends: true });
        assert.deepEqual(await answered, ["settled", "settled", "settled"]);
        assert.equal((await session.ended()).code, Status.OK);
        assert.equal((await rig.stats(topic)).totalMessages, 0n);
      },
    },
    {
      section: 22,
      rule: "when the link breaks leases are shortened to the grace, started or not, and it counts",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await given(rig, 2, { reportsStarted: true });
        session.send({ started: [{ firstDelivery: 1, count: 1 }] });
        const startMs = Date.now();
        session.cancel();
        const other = rig.pop(topic, 2);
        const items = await other.take(2);
        const tookMs = Date.now() - startMs;
        assert(tookMs > GRACE_MS - 500 && tookMs < GRACE_MS + 5_000, `after ${String(tookMs)} ms`);
        assert.deepEqual(
          items.map(({ attempts }) => attempts),
          [2, 2],
        );
      },
    },
    {
      section: 22,
      rule: "a deleted topic ends its consumers with NOT_FOUND, not their session, and their deliveries are gone",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await given(rig, 2, { reportsStarted: true });
        const remove = DeleteHeapReq.create({ topic, force: true });
        await rig.call(DisheapService.deleteHeap, remove);
        const ends = () => session.frames.flatMap(({ ended }) => ended);
        await session.until("the end of the consumer", () => ends().length > 0);
        assert.deepEqual(
          ends().map(({ consumer, code }) => [consumer, code]),
          [[1, Status.NOT_FOUND]],
        );
        const answers = await session.settle({ kind: SETTLE.ack, delivery: numbers(1, 2) });
        // A node that has not heard of it asks the others in vain.
        const { NOT_FOUND, FAILED_PRECONDITION, UNAVAILABLE } = Status;
        const codes: number[] = [NOT_FOUND, FAILED_PRECONDITION, UNAVAILABLE];
        for (const answer of answers) {
          const isRefused = typeof answer === "object" && "code" in answer;
          assert(isRefused && codes.includes(answer.code), JSON.stringify(answer));
        }
        const next = await rig.topic();
        session.send({ topic: [{ handle: 2, topic: next }] });
        const [answer] = await session.enqueue({ ...rows(1), topic: 2 });
        assert(typeof answer === "object" && "messageId" in answer, JSON.stringify(answer));
      },
    },
    {
      section: 22,
      rule: "close ends a consumer's deliveries and leaves what it has",
      way: "session",
      run: async (rig) => {
        const { session, topic } = await given(rig, 2, { reportsStarted: true });
        session.send({ credit: [{ consumer: 1, count: 10 }], close: [1] });
        const { messageId } = await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic);
        assert.equal(item.messageId, messageId);
        assert.equal(session.deliveredRows, 2);
        const answers = await session.settle({ kind: SETTLE.ack, delivery: numbers(1, 2) });
        assert.deepEqual(answers, ["settled", "settled"]);
        pop.cancel();
      },
    },
    {
      section: 22,
      rule: "consumers of one session have credits each, and their deliveries are numbered together",
      way: "session",
      run: async (rig) => {
        const topics = [await rig.topic(), await rig.topic()];
        for (const topic of topics) await rig.enqueueAll(topic, [1n, 2n, 3n]);
        const session = rig.session();
        session.send({
          topic: topics.map((topic, n) => ({ handle: n + 1, topic })),
          consumer: [1, 2].map((handle) => ({ handle, topic: handle })),
          credit: [
            { consumer: 1, count: 1 },
            { consumer: 2, count: 2 },
          ],
        });
        await session.until("what was asked for", () => session.deliveredRows === 3);
        session.send({ credit: [{ consumer: 1, count: 1 }] });
        await session.until("one more", () => session.deliveredRows === 4);
        const counts = [1, 2].map((handle) =>
          session.deliveries
            .filter(({ consumer }) => consumer === handle)
            .flatMap((rows) => itemsOf(rows, "").map(({ priority }) => priority)),
        );
        assert.deepEqual(counts, [
          [1n, 2n],
          [1n, 2n],
        ]);
        const delivery = numbers(1, 2, 3, 4);
        const answers = await session.settle({ kind: SETTLE.ack, delivery });
        assert.deepEqual(answers, Array(4).fill("settled"));
      },
    },
    {
      section: 22,
      rule: "what does not fit into a frame is cut: every message comes whole, numbered on",
      way: "session",
      run: async (rig) => {
        const bytes = 300 * KIB;
        const { session } = await given(rig, 20, { reportsStarted: true, bytes });
        const frames = session.frames.filter(({ delivered }) => delivered.length > 0);
        assert(frames.length >= 5, `${String(frames.length)} frames of six megabytes`);
        const items = session.deliveries.flatMap((rows) => itemsOf(rows, ""));
        assert.deepEqual(
          items.map(({ priority, payload }) => [priority, payload.length]),
          Array.from({ length: 20 }, (_, n) => [BigInt(n), bytes]),
        );
      },
    },
    {
      section: 22,
      rule: "a message above the client's limit goes back uncounted, and only its consumer ends, RESOURCE_EXHAUSTED",
      way: "session",
      run: async (rig) => {
        const [large, small] = [
          await rig.topic({ maxPayloadBytes: BigInt(4 * MIB) }),
          await rig.topic(),
        ];
        await rig.enqueue(large, { payload: Buffer.alloc(3 * MIB, 7) });
        const session = rig.session(rig.place(large), { ...HELLO, receiveBytesMax: 2 * MIB });
        session.send({
          topic: [
            { handle: 1, topic: large },
            { handle: 2, topic: small },
          ],
          consumer: [1, 2].map((handle) => ({ handle, topic: handle })),
          credit: [1, 2].map((consumer) => ({ consumer, count: 1 })),
        });
        const ends = () => session.frames.flatMap(({ ended }) => ended);
        await session.until("the end of a consumer", () => ends().length > 0);
        assert.deepEqual(
          ends().map(({ consumer, code }) => [consumer, code]),
          [[1, Status.RESOURCE_EXHAUSTED]],
        );
        await until("it went back", async () => {
          const [[attempts, isLeased] = [-1, true]] = await standing(rig, large);
          return attempts === 0 && !isLeased;
        });
        await rig.enqueue(small);
        await session.until("the other one's delivery", () => session.deliveredRows === 1);
      },
    },
    {
      section: 22,
      rule: "a client that reads nothing loses its session, and what it was sent and did not take goes to others",
      way: "session",
      run: async (rig) => {
        const topic = await rig.topic();
        const count = 40;
        const payload = Buffer.alloc(500 * KIB, 7);
        const silent = await rig.session(rig.place(topic)).opened();
        silent.pause();
        silent.send({
          topic: [{ handle: 1, topic }],
          consumer: [{ handle: 1, topic: 1, visibilityMs: HOUR_MS, reportsStarted: true }],
          credit: [{ consumer: 1, count }],
        });
        for (let n = 0; n < count; n += 1) await rig.enqueue(topic, { payload });
        const other = rig.session(rig.place(topic));
        other.send({
          topic: [{ handle: 1, topic }],
          consumer: [{ handle: 1, topic: 1, visibilityMs: HOUR_MS, reportsStarted: true }],
          credit: [{ consumer: 1, count }],
        });
        await other.until("everything", () => other.deliveredRows === count);
        // What the transport had taken comes after the grace, and counts; most of it was not.
        const attempts = attemptsOf(other.deliveries);
        assert(attempts.every((one) => one === 1 || one === 2));
        const uncounted = attempts.filter((one) => one === 1).length;
        assert(uncounted >= count / 2, `${String(uncounted)} of ${String(count)} uncounted`);
        silent.resume();
        assert.equal((await silent.ended()).code, Status.UNAVAILABLE);
        assert(silent.deliveredRows < count);
      },
    },
  ];
}
