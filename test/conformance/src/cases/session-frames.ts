// Section 22: how a session opens, and what no call can be blamed for, which ends it.

import assert from "node:assert/strict";
import { type Draft, encodeSessionIn, type SessionIn } from "@disheap/proto/session";
import { status as Status } from "@grpc/grpc-js";
import type { CodeName } from "../rig.js";
import type { Case } from "../case.js";
import { pairOf, rows } from "../session/columns.js";
import { HELLO, type RawSession } from "../session/raw-session.js";

const MIB = 1024 * 1024;
const JOBS = { hello: HELLO, topic: [{ handle: 1, topic: "jobs" }] };
const CONSUMER = { handle: 1, topic: 1 };
const WHOLE = encodeSessionIn({ ...JOBS, enqueue: [{ ...rows(3), call: 1 }] });
const HANDLES_MAX = 1024;

function handles(count: number): { handle: number; topic: string }[] {
  return Array.from({ length: count }, (_, n) => ({ handle: n + 1, topic: `h${String(n)}` }));
}

/** A frame, or its bytes. */
type Bad = Draft<SessionIn> | Uint8Array;

const FIRST_FRAMES: readonly (readonly [string, CodeName, Bad])[] = [
  ["half of itself", "INVALID_ARGUMENT", WHOLE.slice(0, WHOLE.length - 5)],
  ["bytes that are no frame", "INVALID_ARGUMENT", Uint8Array.of(255, 255, 255, 255)],
  ["no hello", "INVALID_ARGUMENT", { topic: JOBS.topic }],
  [
    "a receive limit below 2 MiB",
    "INVALID_ARGUMENT",
    { hello: { ...HELLO, receiveBytesMax: 2 * MIB - 1 } },
  ],
];

const LATER_FRAMES: readonly (readonly [string, CodeName, Bad])[] = [
  ["half of itself", "INVALID_ARGUMENT", WHOLE.slice(0, WHOLE.length - 5)],
  ["a second hello", "INVALID_ARGUMENT", { hello: HELLO }],
  ["a topic bound twice", "INVALID_ARGUMENT", { topic: [...JOBS.topic, ...JOBS.topic] }],
  ["a topic of handle 0", "INVALID_ARGUMENT", { topic: [{ handle: 0, topic: "jobs" }] }],
  ["a topic without a name", "INVALID_ARGUMENT", { topic: [{ handle: 1, topic: "" }] }],
  [
    "a producer bound twice",
    "INVALID_ARGUMENT",
    {
      producer: [
        { handle: 1, producerId: "p", epoch: pairOf(1n) },
        { handle: 1, producerId: "q", epoch: pairOf(1n) },
      ],
    },
  ],
  [
    "a producer of epoch 0",
    "INVALID_ARGUMENT",
    { producer: [{ handle: 1, producerId: "p", epoch: pairOf(0n) }] },
  ],
  [
    "a consumer opened twice",
    "INVALID_ARGUMENT",
    { topic: JOBS.topic, consumer: [CONSUMER, CONSUMER] },
  ],
  ["a consumer of a topic never bound", "INVALID_ARGUMENT", { consumer: [CONSUMER] }],
  [
    "credits for a consumer never opened",
    "INVALID_ARGUMENT",
    { credit: [{ consumer: 4, count: 1 }] },
  ],
  ["the close of a consumer never opened", "INVALID_ARGUMENT", { close: [4] }],
  ["one handle more than there may be", "RESOURCE_EXHAUSTED", { topic: handles(HANDLES_MAX + 1) }],
  [
    "credits beyond the limit",
    "RESOURCE_EXHAUSTED",
    { topic: JOBS.topic, consumer: [CONSUMER], credit: [{ consumer: 1, count: 0xffff_ffff }] },
  ],
];

function sendBad(session: RawSession, bad: Bad): void {
  if (bad instanceof Uint8Array) session.sendBytes(bad);
  else session.send(bad);
}

/** The code and the sentence stand in the last frame and in the status. */
async function endsWith(session: RawSession, code: CodeName): Promise<void> {
  const { code: got, details } = await session.ended();
  assert.equal(Status[got], code, details);
  assert(details.length > 10, "an end without a sentence");
  assert.deepEqual(session.end, { code: got, message: details });
}

/** Another session with the same node, which hears nothing of it. */
function badFrame(
  kind: "first" | "later",
  [what, code, bad]: readonly [string, CodeName, Bad],
): Case {
  return {
    section: 22,
    rule: `a ${kind} frame with ${what} ends its session with ${code}, and no other`,
    way: "session",
    run: async (rig) => {
      const place = rig.place();
      const other = await rig.session(place).opened();
      const session = kind === "first" ? rig.unopened(place) : rig.session(place);
      if (kind === "later") await session.opened();
      sendBad(session, bad);
      await endsWith(session, code);
      const topic = await rig.topic();
      const [answer] = await other.enqueue({ ...rows(1), topic: other.topic(topic) });
      assert(typeof answer === "object" && "messageId" in answer, JSON.stringify(answer));
    },
  };
}

export function sessionFrameCases(): Case[] {
  return [
    {
      section: 22,
      rule: "the welcome names the node, the level and the limits, and room for a message of any size",
      way: "session",
      run: async (rig) => {
        for (const [place, node] of rig.nodes.entries()) {
          const session = await rig.session(place).opened();
          assert.deepEqual(session.welcome, {
            level: 1,
            node: node.name,
            frameBytesMax: 4 * MIB,
            messageBytesMax: 4 * MIB,
            rowsMax: 4096,
            callsMax: 4096,
            handlesMax: HANDLES_MAX,
            deliveriesMax: 16_384,
          });
          assert(session.enqueueBytesMax >= 4 * MIB, String(session.enqueueBytesMax));
        }
      },
    },
    {
      section: 22,
      rule: "all that a frame can hold may be in the first one, and happens in order",
      way: "session",
      run: async (rig) => {
        const topic = await rig.topic();
        const session = rig.unopened(rig.place(topic));
        const answers = session.expect(1, 3);
        session.send({
          hello: HELLO,
          topic: [{ handle: 7, topic }],
          producer: [{ handle: 3, producerId: "p", epoch: pairOf(1n) }],
          consumer: [{ handle: 5, topic: 7, reportsStarted: true }],
          enqueue: [{ ...rows(3), call: 1, topic: 7, producer: 3, firstSequence: pairOf(1n) }],
          credit: [{ consumer: 5, count: 2 }],
        });
        assert.equal((await answers).length, 3);
        await session.until("two deliveries", () => session.deliveredRows === 2);
        assert(session.deliveries.every(({ consumer }) => consumer === 5));
      },
    },
    ...FIRST_FRAMES.map((bad) => badFrame("first", bad)),
    ...LATER_FRAMES.map((bad) => badFrame("later", bad)),
  ];
}
