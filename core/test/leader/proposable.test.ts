// What a leader takes from a peer into its log (D-89): what edges ask for, and nothing that only leaders make.

import { expect, test } from "vitest";
import { proposable } from "../../src/leader/proposable.js";
import { encodeIntent, INTENTS, type Intent } from "../../src/wire/intents.js";
import { BEGIN, SETTINGS } from "../support/machine-rig.js";

const token = { index: 1, offset: 0, fence: 1, mac: new Uint8Array(16) };
const SENDER = 2;
const stream = { edgeIncarnation: 1, stream: 7 };
const identity = { topic: "jobs", firstGroup: 1 };

const ASKED: readonly (readonly ["cluster" | "partition", Intent])[] = [
  [
    "partition",
    {
      kind: "enqueue",
      priorityHi: 0,
      priorityLo: 1,
      payload: new Uint8Array(1),
      producer: undefined,
      maxRetries: undefined,
      delayMs: 0,
    },
  ],
  [
    "partition",
    {
      kind: "enqueue.many",
      rows: 1,
      producer: undefined,
      priority: new Uint8Array(8),
      length: new Uint8Array(4),
      maxRetries: new Uint8Array(0),
      delayMs: new Uint8Array(0),
      payload: new Uint8Array(0),
    },
  ],
  [
    "partition",
    {
      kind: "settle.many",
      op: "ack",
      backoffMs: undefined,
      extensionMs: 0,
      rows: 1,
      leases: new Uint8Array(12),
    },
  ],
  ["partition", { kind: "ack", token }],
  ["partition", { kind: "nack", token, backoffMs: undefined }],
  ["partition", { kind: "extend", token, extensionMs: 1 }],
  ["partition", { kind: "release", token }],
  ["partition", { kind: "release.undelivered", index: 1, offset: 0, fence: 1 }],
  ["partition", { kind: "stream.close", edge: SENDER, ...stream, graceMs: 0 }],
  ["partition", { kind: "partition.close" }],
  ["cluster", { kind: "topic.create", topic: "jobs", settings: SETTINGS }],
  ["cluster", { kind: "topic.deleting", ...identity }],
  ["cluster", { kind: "topic.deleted", ...identity }],
];

const MADE: readonly (readonly ["cluster" | "partition", Intent])[] = [
  [
    "partition",
    {
      kind: "grant",
      edge: 99,
      ...stream,
      round: 1,
      n: 1,
      limit: 1,
      visibilityMs: 1_000,
      bound: undefined,
    },
  ],
  ["partition", { kind: "edge.replaced", edge: 1, edgeIncarnation: 2 ** 32 - 1, graceMs: 0 }],
  ["partition", { kind: "tick" }],
  ["cluster", { kind: "tick" }],
  [
    "partition",
    { kind: "partition.init", ...BEGIN, macKey: new Uint8Array(16), settings: SETTINGS },
  ],
  ["cluster", { kind: "cluster.init", ...BEGIN, members: [1] }],
];

test("every kind of intent is one or the other here", () => {
  const tried = [...ASKED, ...MADE].map(([, { kind }]) => kind);
  expect([...new Set(tried)].sort()).toEqual(Object.keys(INTENTS).sort());
});

test.each(ASKED)("in a %s: %o is taken, and in another group it is not", (machine, intent) => {
  const bytes = encodeIntent(intent);
  expect(proposable(bytes, machine, SENDER)).toMatchObject({ kind: intent.kind });
  const other = machine === "cluster" ? "partition" : "cluster";
  expect(proposable(bytes, other, SENDER)).toMatchObject({
    message: `${intent.kind} does not belong to this group`,
  });
});

test.each(MADE)("in a %s: %o is what a leader makes, and refused", (machine, intent) => {
  expect(proposable(encodeIntent(intent), machine, SENDER)).toEqual({
    code: "INVALID_ARGUMENT",
    message: `only a leader itself makes a ${intent.kind}`,
  });
});

test("a stream is closed by its own edge only", () => {
  const closing = { kind: "stream.close", edge: 3, ...stream, graceMs: 0 } as const;
  expect(proposable(encodeIntent(closing), "partition", SENDER)).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(proposable(encodeIntent(closing), "partition", 3)).toMatchObject({ kind: "stream.close" });
});
