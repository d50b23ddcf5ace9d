// What the core fills in, raises and puts together of a request, and the sentences of its refusals.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ClientRequest } from "../../../src/contract/api.js";
import { LEASE_TOKEN, MESSAGE_ID } from "../../../src/contract/limits/ids.js";
import { decodeLeaseToken, encodeLeaseToken } from "../../../src/edge/lease-token.js";
import { settingsOf, statelessProblem, tripleOf } from "../../../src/edge/requests/validate.js";
import { decodeMessageId, encodeMessageId } from "../../../src/lib/ulid.js";
import { DEFAULT_DEFAULTS, DEFAULT_LIMITS, DEFAULT_TIMING } from "../../../src/member/config.js";
import { nodeLimits } from "../../../src/member/node-limits.js";

const config = {
  node: "n1",
  members: [1, 2].map((n) => ({ name: `n${n}`, address: `host${n}:8300` })),
  seedHi: 1,
  seedLo: 2,
  keySeed: [1, 2, 3, 4],
  timing: DEFAULT_TIMING,
  limits: DEFAULT_LIMITS,
  defaults: DEFAULT_DEFAULTS,
} as const;
const NODE = nodeLimits(config);
const place = { group: 1, index: 2, offset: 3 };
const settle = {
  topic: "jobs",
  messageId: encodeMessageId(1, 1, 2, 3),
  leaseToken: encodeLeaseToken({ ...place, fence: 1, mac: new Uint8Array(16) }),
};
const create = (settings: object): ClientRequest => ({
  op: "topic.create",
  topic: "jobs",
  settings,
});
const enqueue = (more: object): ClientRequest => ({
  op: "enqueue",
  topic: "jobs",
  payload: new Uint8Array(1),
  priorityHi: 0,
  priorityLo: 0,
  ...more,
});

describe("a refusal names the field, what was found and what to send", () => {
  test.each<[string, ClientRequest]>([
    [
      'topic: is empty; it must be 1 to 255 letters, digits, "_" or "-".',
      { op: "peek", topic: "", limit: 0, includeDlq: false },
    ],
    [
      'topic: is "a b"; it must be 1 to 255 letters, digits, "_" or "-".',
      { op: "stats", topic: "a b" },
    ],
    ['mode: is "7"; it must be MIN (0) or MAX (1).', create({ mode: "7" })],
    [
      "partitions: is 101; it must be from 1 to 100; leave it at 0 for the default.",
      create({ partitions: 101 }),
    ],
    [
      "retention_time: is 0 ms; it must be above 0 and at most 365 days; leave it out for the default.",
      create({ retentionMs: 0 }),
    ],
    [
      "max_payload_bytes: is 268435457 bytes; it must be from 1 to 268435456 bytes; leave it at 0 for the default.",
      create({ maxPayloadBytes: 268_435_457 }),
    ],
    ["payload: is empty; send at least one byte.", enqueue({ payload: new Uint8Array(0) })],
    [
      "payload: has 4192257 bytes, but a message carries at most 4192256; split it, or store it elsewhere and " +
        "send a reference.",
      enqueue({ payload: new Uint8Array(4_192_257) }),
    ],
    [
      "not_before: is -1 ms; it must be from 0 to 365 days; it counts from now.",
      enqueue({ delayMs: -1 }),
    ],
    [
      "epoch: is 0; it must be above 0, for example the producer's start in unix seconds.",
      enqueue({ producer: { epochHi: 0, epochLo: 0 } }),
    ],
    [
      'message_id: is "x"; it must be the 26-character id that came with the message.',
      { op: "ack", ...settle, messageId: "x" },
    ],
    [
      "extension: is missing or 0; it must be above 0 and at most 12 hours.",
      { op: "extend", ...settle, extensionMs: 0 },
    ],
    [
      "backoff_override: is NaN ms; it must be from 0 to 365 days; leave it out for the usual backoff.",
      { op: "nack", ...settle, backoffMs: Number.NaN },
    ],
    [
      'page_token: is "x"; it must be the next_page_token of the page before.',
      { op: "topic.list", pageSize: 0, pageToken: "x" },
    ],
  ])("%s", (message, request) => {
    expect(statelessProblem(request, NODE)).toEqual({ code: "INVALID_ARGUMENT", message });
  });

  test("what was found is cut short and stays on its line", () => {
    const topic = `a\n${"b".repeat(10_000)}`;
    const { message } = statelessProblem({ op: "stats", topic }, NODE) ?? { message: "" };
    expect(message).toContain('topic: is "a\\nbbb');
    expect(message.length).toBeLessThan(160);
  });
});

describe("what is left out of a topic's settings is filled in", () => {
  const DEFAULTS = {
    mode: "MIN",
    partitions: 1,
    replicationFactor: 2,
    topKBound: 100,
    retentionMs: 86_400_000,
    visibilityMs: 30_000,
    maxRetries: 3,
    maxPayloadBytes: 1_048_576,
    compression: false,
    dlqEnabled: true,
    dlqRetentionMs: 604_800_000,
  };

  test("0 means the default where the wire cannot tell it from nothing", () => {
    expect(settingsOf({}, NODE)).toEqual(DEFAULTS);
    const zeros = { partitions: 0, replicationFactor: 0, topKBound: 0, maxPayloadBytes: 0 };
    expect(settingsOf(zeros, NODE)).toEqual(DEFAULTS);
    expect(settingsOf({ maxRetries: 0 }, NODE)).toEqual({ ...DEFAULTS, maxRetries: 0 });
  });

  test("what a node was told at its start counts", () => {
    const defaults = { ...DEFAULT_DEFAULTS, visibilityMs: 7, replicationFactor: 5 };
    const told = nodeLimits({ ...config, defaults });
    expect(settingsOf({}, told)).toMatchObject({ replicationFactor: 5, visibilityMs: 100 });
  });

  test("a visibility below 100 ms is raised, nothing else is touched", () => {
    const given = { ...DEFAULTS, mode: "MAX", visibilityMs: 1, partitions: 7, dlqEnabled: false };
    expect(settingsOf(given, NODE)).toEqual({ ...given, visibilityMs: 100 });
  });
});

const TRIPLE = { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: 0 };

test("less than a whole triple is no identity", () => {
  expect(tripleOf(TRIPLE)).toEqual(TRIPLE);
  expect(tripleOf(undefined)).toBeUndefined();
  expect(tripleOf({ ...TRIPLE, producerId: "" })).toBeUndefined();
  for (const key of Object.keys(TRIPLE))
    expect(tripleOf({ ...TRIPLE, [key]: undefined })).toBeUndefined();
});

const anyOf = (...characters: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...characters.flatMap((text) => [...text]));

/** A right text, with some characters exchanged and possibly cut or longer. */
function near(text: string): fc.Arbitrary<string> {
  const character = fc.oneof(anyOf("0123456789abcdefABCDEFUILOuilo_-zZ"), fc.string());
  return fc
    .tuple(fc.nat(text.length), character, fc.nat(text.length + 2))
    .map(([at, by, end]) => `${text.slice(0, at)}${by}${text.slice(at + 1)}`.slice(0, end + 20));
}

describe("the forms of ids and tokens are those that can be decoded", () => {
  test("message ids", () => {
    const id = encodeMessageId(2 ** 48 - 1, 2 ** 24 - 1, 2 ** 42 - 1, 2 ** 14 - 1);
    const texts = fc.oneof(near(id), near(settle.messageId), fc.string());
    fc.assert(
      fc.property(texts, (text) => {
        expect([text, MESSAGE_ID.form.test(text)]).toEqual([text, !!decodeMessageId(text)]);
      }),
    );
  });

  test("lease tokens", () => {
    const mac = new Uint8Array(16).fill(255);
    const token = encodeLeaseToken({ group: 9, index: 8, offset: 7, fence: 6, mac });
    const texts = fc.oneof(near(token), near(settle.leaseToken), fc.string());
    fc.assert(
      fc.property(texts, (text) => {
        expect([text, LEASE_TOKEN.form.test(text)]).toEqual([text, !!decodeLeaseToken(text)]);
      }),
    );
    for (const last of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
      const text = token.slice(0, 42) + last;
      expect([text, LEASE_TOKEN.form.test(text)]).toEqual([text, !!decodeLeaseToken(text)]);
    }
  });
});
