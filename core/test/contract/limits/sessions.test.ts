// Numbers and counts in the frames of a session are judged as the table says, through the step of a real host: at the
// ends of their range and just beyond, as far as the wire carries them.

import {
  decodeSessionOut,
  type Draft,
  encodeSessionIn,
  SETTLE,
  type SessionIn,
} from "@disheap/proto/session";
import { expect, test } from "vitest";
import { SESSION } from "../../../src/contract/limits/sessions.js";
import { HostRig } from "../../support/host-rig.js";
import { limitIn } from "../../support/limits-fields.js";

type Field = keyof typeof SESSION.fields;

const HELLO = { client: "test", level: 1, receiveBytesMax: 0 };
const TOPIC = [{ handle: 1, topic: "jobs" }];
const columns = (
  rows: number,
): { priority: Uint8Array; length: Uint8Array; payload: Uint8Array } => ({
  priority: new Uint8Array(8 * rows),
  length: Uint8Array.from({ length: 4 * rows }, (_, i) => (i % 4 === 0 ? 1 : 0)),
  payload: new Uint8Array(rows),
});
/** Eight bytes a number, of which the first is the lowest. */
const ONE = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

const FRAMES: { readonly [F in Field]: (value: number) => Draft<SessionIn> } = {
  receiveBytesMax: (receiveBytesMax) => ({ hello: { ...HELLO, receiveBytesMax } }),
  level: (level) => ({ hello: { ...HELLO, level } }),
  partition: (partition) => ({
    hello: HELLO,
    topic: TOPIC,
    enqueue: [{ call: 1, topic: 1, partition, ...columns(1) }],
  }),
  credits: (count) => ({
    hello: HELLO,
    topic: TOPIC,
    consumer: [{ handle: 1, topic: 1 }],
    credit: [{ consumer: 1, count }],
  }),
  started: (count) => ({ hello: HELLO, started: [{ firstDelivery: 1, count }] }),
  handle: (handle) => ({ hello: HELLO, topic: [{ handle, topic: "jobs" }] }),
  call: (call) => ({ hello: HELLO, topic: TOPIC, enqueue: [{ call, topic: 1, ...columns(1) }] }),
  rows: (rows) => ({
    hello: HELLO,
    topic: TOPIC,
    enqueue: [{ call: 1, topic: 1, ...columns(rows) }],
  }),
  settleKind: (kind) => ({
    hello: HELLO,
    settle: [{ call: 1, kind, delivery: ONE, extensionMs: kind === SETTLE.extend ? 1 : 0 }],
  }),
};

/** What the client hears that is wrong with the frame: of the session or of its call. */
function heard(rig: HostRig, frame: Draft<SessionIn>): string | undefined {
  const sessionId = 7;
  rig.effects = [];
  rig.turn({ kind: "session.frame", sessionId, frame: encodeSessionIn(frame) });
  for (let beats = 0; beats < 20; beats += 1) {
    rig.pass(50);
    rig.settle();
  }
  const end = rig.effects.find((effect) => effect.kind === "session.end");
  const failed = rig.effects.flatMap((effect) =>
    effect.kind === "session.parts"
      ? effect.parts.flatMap((part) => decodeSessionOut(part.encode(0, 0)).failed)
      : [],
  );
  rig.turn({ kind: "session.gone", sessionId });
  rig.settle();
  return end?.failure?.message ?? failed[0]?.message;
}

test.each(Object.keys(FRAMES) as Field[])("%s", (field) => {
  const rig = new HostRig();
  rig.start();
  rig.pass(5_000);
  rig.settle();
  rig.ask({ op: "topic.create", topic: "jobs", settings: {} });
  for (let beats = 0; beats < 40; beats += 1) {
    rig.pass(50);
    rig.settle();
  }
  const rule = SESSION.fields[field];
  const max = limitIn(rule.max, rig.host.context.nodeLimits);
  const isZeroRight = "isZeroAbsent" in rule || rule.min === 0;
  const values = [0, rule.min - 1, rule.min, max, max + 1, 2 ** 32 - 1];
  const carried = values.filter((value) => {
    const most = field === "rows" ? 5_000 : field === "call" ? 2 ** 53 : 2 ** 32 - 1;
    return value >= 0 && value <= most;
  });
  for (const value of new Set(carried)) {
    const isRight = value === 0 ? isZeroRight : value >= rule.min && value <= max;
    const sentence = heard(rig, FRAMES[field](value));
    const isRefusal = sentence?.startsWith(`${rule.name}: `) === true;
    expect([value, sentence, isRefusal]).toEqual([value, sentence, !isRight]);
  }
});
