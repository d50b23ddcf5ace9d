// D-15: the fence and the id of a lease are no secrets, so only the MAC proves that a token was given out.

import type { ClientResult, DeliveredItem } from "@disheap/core";
import { decodeLeaseToken, encodeLeaseToken } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

/** The token with one bit of its MAC turned over. */
function forged(item: DeliveredItem, bit: number): string {
  const token = decodeLeaseToken(item.leaseToken);
  if (!token) throw new Error("a delivered token must be well formed");
  const mac = token.mac.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
  return encodeLeaseToken({ ...token, mac });
}

test("a token of the right lease with another MAC settles and extends nothing", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };
  q.ask(1, { op: "enqueue", ...message });
  const reader = new Reader(q, 1, 1);
  q.advance(200);
  const [item] = reader.items;
  const { topic, messageId, leaseToken } = item;
  const refused: (ClientResult | undefined)[] = [];
  for (const bit of [0, 63, 127]) {
    const token = forged(item, bit);
    refused.push(q.ask(2, { op: "extend", topic, leaseToken: token, extensionMs: 1_000 }));
    refused.push(q.ask(2, { op: "nack", topic, messageId, leaseToken: token }));
    refused.push(q.ask(2, { op: "ack", topic, messageId, leaseToken: token }));
  }
  const failure = { code: "FAILED_PRECONDITION" };
  for (const answer of refused) expect(answer).toMatchObject({ ok: false, failure });
  expect(q.ask(2, { op: "ack", topic, messageId, leaseToken })).toMatchObject({ ok: true });
});
