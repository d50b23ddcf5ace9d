// Ranges are judged in the core, whatever front end a request came through (chapter E of the review).

import { expect, test } from "vitest";
import type { ClientRequest } from "../../../src/contract/api.js";
import { encodeLeaseToken } from "../../../src/edge/lease-token.js";
import { statelessProblem } from "../../../src/edge/requests/validate.js";
import { encodeMessageId } from "../../../src/lib/ulid.js";

const DAY_MS = 86_400_000;
const place = { group: 1, index: 2, offset: 3 };
const settle = {
  topic: "jobs",
  messageId: encodeMessageId(1, 1, 2, 3),
  leaseToken: encodeLeaseToken({ ...place, fence: 1, mac: new Uint8Array(16) }),
};
const extend = (extensionMs: number): ClientRequest => ({ op: "extend", ...settle, extensionMs });
const nack = (backoffMs: number): ClientRequest => ({ op: "nack", ...settle, backoffMs });

test.each([
  ["extension -1", extend(-1)],
  ["extension 0", extend(0)],
  ["extension 0.5", extend(0.5)],
  ["extension NaN", extend(Number.NaN)],
  ["an extension above 12 h", extend(12 * 3_600_000 + 1)],
  ["back-off -1", nack(-1)],
  ["back-off NaN", nack(Number.NaN)],
  ["a back-off above 365 days", nack(365 * DAY_MS + 1)],
])("%s is refused with the field's name", (_, request) => {
  const problem = statelessProblem(request);
  expect(problem?.code).toBe("INVALID_ARGUMENT");
  expect(problem?.message).toMatch(request.op === "extend" ? /^extension/ : /^backoff_override/);
});

test.each([
  ["the shortest extension", extend(1)],
  ["the longest extension", extend(12 * 3_600_000)],
  ["no wait at all", nack(0)],
  ["the longest back-off", nack(365 * DAY_MS)],
  ["the usual back-off", { op: "nack", ...settle } as const],
])("%s is taken", (_, request) => {
  expect(statelessProblem(request)).toBeUndefined();
});
