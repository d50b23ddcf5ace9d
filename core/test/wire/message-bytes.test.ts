// Golden bytes of every peer message: nodes of one version understand each other byte for byte. A failure
// here means that a changed node no longer speaks to one that was not. No two fields of a message are equal,
// so that swapped ones show. The bytes of a new message go into message-bytes.json by hand.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Reader, Writer } from "../../src/lib/bytes.js";
import { readMessage, writeMessage } from "../../src/wire/message-codec.js";
import type { GrantedItem, PeerMessage } from "../../src/wire/messages.js";

/** At least one of each kind: a kind that has none does not compile. */
type Messages = { readonly [K in PeerMessage["kind"]]: readonly (PeerMessage & { kind: K })[] };

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

const TO_GROUP = { group: 0x01020304, incarnation: 0x11121314, term: 0xf1f2f3f4 };
const OF_STREAM = { group: 0x01020304, edgeIncarnation: 0x21222324, stream: 0x3132_33343536 };
const OF_REQUEST = { edgeIncarnation: 0x21222324, requestId: 0x4142_43444546, attempt: 0x51525354 };
const ABOUT = {
  from: { hi: 0x01020304, lo: 0x05060708 },
  to: { hi: 0x11121314, lo: 0x15161718 },
  list: "n1,n2",
  storeId: "store-ä",
  machine: "m€",
  wallMs: 0x2122_23242526,
};
const FOUNDING = {
  cluster: { hi: 0x31323334, lo: 0x35363738 },
  attempt: 0x41424344,
  bornMs: 0x5152_53545556,
  founders: [
    { id: 0x0102, name: "n1", storeId: "s-1", machine: "m-1" },
    { id: 0x0304, name: "n2", storeId: "s-2", machine: "" },
  ],
};
const ITEM: GrantedItem = {
  index: 0x0102_03040506,
  offset: 0x1112,
  fence: 0x21222324,
  attempts: 0x31323334,
  maxRetries: 0x41424344,
  priorityHi: -2,
  priorityLo: 0x51525354,
  enqueuedMs: 0x6162_63646566,
  deadlineMs: 0x7172_73747576,
  leaseMs: 0x8182_83848586,
  mac: bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
  payload: bytes(0xa1, 0xa2, 0xa3),
  producer: undefined,
};
const PRODUCER = {
  producerId: "p-ö",
  epochHi: 0xb1b2b3b4,
  epochLo: 0xb5b6b7b8,
  sequenceHi: 0xc1c2c3c4,
  sequenceLo: 0xc5c6c7c8,
};

const MESSAGES: Messages = {
  "pre-vote": [
    {
      kind: "pre-vote",
      ...TO_GROUP,
      token: 0x21222324,
      lastIndex: 0x3132_33343536,
      lastTerm: 0x41424344,
    },
  ],
  "pre-vote.reply": [
    {
      kind: "pre-vote.reply",
      ...TO_GROUP,
      token: 0x21222324,
      granted: true,
      ownTerm: 0x31323334,
    },
  ],
  vote: [
    {
      kind: "vote",
      ...TO_GROUP,
      lastIndex: 0x2122_23242526,
      lastTerm: 0x31323334,
      isTransfer: true,
    },
  ],
  "vote.reply": [
    { kind: "vote.reply", ...TO_GROUP, granted: true },
    { kind: "vote.reply", ...TO_GROUP, granted: false },
  ],
  "timeout-now": [{ kind: "timeout-now", ...TO_GROUP }],
  append: [
    {
      kind: "append",
      ...TO_GROUP,
      seq: 0x2122_23242526,
      isStart: true,
      prevIndex: 0x3132_33343536,
      prevTerm: 0x41424344,
      commit: 0x5152_53545556,
      blocks: [
        { use: 0x6162, bytes: bytes(0xa1, 0xa2, 0xa3) },
        { use: 0x7172, bytes: bytes() },
      ],
    },
  ],
  "append.untaken": [
    { kind: "append.untaken", ...TO_GROUP, seq: 0x2122_23242526, next: 0x3132_33343536 },
  ],
  "append.reply": [
    {
      kind: "append.reply",
      ...TO_GROUP,
      seq: 0x2122_23242526,
      accepted: true,
      index: 0x3132_33343536,
      prevIndex: 0x4142_43444546,
      wallMs: 0x5152_53545556,
    },
  ],
  beat: [
    {
      kind: "beat",
      round: 0x2122_23242526,
      isStalled: true,
      items: [
        { ...TO_GROUP, commit: 0x3132_33343536 },
        { group: 1, incarnation: 2, term: 3, commit: 4 },
      ],
    },
  ],
  "beat.reply": [
    {
      kind: "beat.reply",
      round: 0x2122_23242526,
      wallMs: 0x3132_33343536,
      isStalled: true,
      items: [
        { ...TO_GROUP, accepted: true, needsProbe: false },
        { ...TO_GROUP, accepted: false, needsProbe: true },
      ],
    },
  ],
  ping: [{ kind: "ping", token: 0x21222324, nonce: { hi: 0x31323334, lo: 0x35363738 } }],
  pong: [{ kind: "pong", token: 0x21222324, nonce: { hi: 0x31323334, lo: 0x35363738 } }],
  formation: [
    { kind: "formation", status: "none", ...ABOUT },
    { kind: "formation", status: "unfinished", ...ABOUT, founding: FOUNDING },
    { kind: "formation", status: "formed", ...ABOUT, founding: FOUNDING },
  ],
  request: [
    {
      kind: "request",
      ...OF_REQUEST,
      isOnce: true,
      group: 0x01020304,
      action: { type: "propose", intent: bytes(0xa1, 0xa2, 0xa3) },
    },
    { kind: "request", ...OF_REQUEST, isOnce: false, group: 1, action: { type: "barrier" } },
    { kind: "request", ...OF_REQUEST, isOnce: true, group: 1, action: { type: "read.counts" } },
    {
      kind: "request",
      ...OF_REQUEST,
      isOnce: false,
      group: 1,
      action: { type: "read.peek", limit: 0x61626364, includeDlq: true },
    },
    { kind: "request", ...OF_REQUEST, isOnce: true, group: 1, action: { type: "repeat" } },
  ],
  reply: [
    {
      kind: "reply",
      ...OF_REQUEST,
      outcome: { type: "done", index: 0x0102_03040506, body: bytes(0xa1, 0xa2) },
    },

    {
      kind: "reply",
      ...OF_REQUEST,
      outcome: { type: "refused", code: "ABORTED", message: "no ¢" },
    },
    { kind: "reply", ...OF_REQUEST, outcome: { type: "surely-not", leader: 0x0102 } },
    { kind: "reply", ...OF_REQUEST, outcome: { type: "unknown-group" } },
    { kind: "reply", ...OF_REQUEST, outcome: { type: "in-hand" } },
    { kind: "reply", ...OF_REQUEST, outcome: { type: "not-in-hand" } },
  ],
  "grant.request": [
    {
      kind: "grant.request",
      ...OF_STREAM,
      round: 0x4142_43444546,
      n: 0x51525354,
      visibilityMs: 0x6162_63646566,
      isStanding: true,
      bound: undefined,
      serial: 0x7172_73747576,
    },

    {
      kind: "grant.request",
      ...OF_STREAM,
      round: 1,
      n: 2,
      visibilityMs: 3,
      isStanding: false,
      bound: { hi: -2, lo: 0xf1f2f3f4 },
      serial: 4,
    },
  ],
  granted: [
    {
      kind: "granted",
      ...OF_STREAM,
      term: 0x41424344,
      round: 0x5152_53545556,
      grantedInRound: 0x61626364,
      index: 0x7172_73747576,
      state: "final",
      serial: 0x8182_83848586,
      items: [ITEM, { ...ITEM, producer: PRODUCER }],
    },

    {
      kind: "granted",
      ...OF_STREAM,
      term: 1,
      round: 2,
      grantedInRound: 3,
      index: 4,
      state: "not-leader",
      serial: 5,
      items: [],
    },
  ],
  ask: [{ kind: "ask", ...OF_STREAM, serial: 0x4142_43444546, count: 0x51525354 }],
  ladder: [
    {
      kind: "ladder",
      ...OF_STREAM,
      serial: 0x4142_43444546,
      state: "closed",
      leader: 0x5152,
      rungs: [
        { hi: -3, lo: 0x61626364, count: 0x71727374 },
        { hi: 4, lo: 5, count: 6 },
      ],
      hasMore: true,
    },
  ],
  digest: [
    {
      kind: "digest",
      ...OF_STREAM,
      isLast: true,
      leases: [
        {
          index: 0x4142_43444546,
          offset: 0x5152,
          fence: 0x61626364,
          stream: 0x7172_73747576,
          round: 0x8182_83848586,
          grantIndex: 0x9192_93949596,
        },
      ],
    },
  ],
  "digest.request": [{ kind: "digest.request", ...OF_STREAM }],
};

const HEX = JSON.parse(readFileSync(new URL("message-bytes.json", import.meta.url), "utf8")) as {
  readonly [K in PeerMessage["kind"]]: readonly string[];
};

const rows = Object.entries(MESSAGES).flatMap(([kind, messages]) =>
  messages.map((message, i) => ({ kind, i, message, hex: HEX[message.kind]?.[i] })),
);

test.each(rows)("$kind $i", ({ message, hex }) => {
  const w = new Writer();
  writeMessage(w, message);
  expect(Buffer.from(w.finish()).toString("hex")).toBe(hex);
  const r = new Reader(Uint8Array.from(Buffer.from(hex, "hex")));
  expect(readMessage(r)).toStrictEqual(message);
  r.expectEnd();
});

test("every recorded row has its message", () => {
  const counts = (of: Readonly<Record<string, readonly unknown[]>>) =>
    Object.entries(of).map(([kind, list]) => [kind, list.length]);
  expect(counts(HEX)).toEqual(counts(MESSAGES));
});
