// Every field of the public API is judged as the table says, through the step of a real host: at the ends of
// its range, just beyond, and for what no honest client sends. The page of the limits is recorded from the table.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ClientEvent, ClientRequest, ClientResult } from "../../../src/contract/api.js";
import type { FieldRule } from "../../../src/contract/limits/rule.js";
import { encodeLeaseToken } from "../../../src/edge/lease-token.js";
import { encodeMessageId } from "../../../src/lib/ulid.js";
import { HostRig } from "../../support/host-rig.js";
import { allows, edgesOf, FIELDS, type FieldOf } from "../../support/limits-fields.js";

const place = { group: 1, index: 2, offset: 3 };
const delivery = {
  topic: "jobs",
  messageId: encodeMessageId(1, 1, 2, 3),
  leaseToken: encodeLeaseToken({ ...place, fence: 1, mac: new Uint8Array(16) }),
};
const producer = { producerId: "p", epochHi: 5, epochLo: 5, sequenceHi: 5, sequenceLo: 5 };

/** Right in every field; what it is answered with then is not INVALID_ARGUMENT. */
const RIGHT: { readonly [Op in ClientRequest["op"]]: Extract<ClientRequest, { op: Op }> } = {
  "topic.create": { op: "topic.create", topic: "jobs", settings: {} },
  "topic.delete": {
    op: "topic.delete",
    topic: "jobs",
    force: false,
    confirmationToken: "",
    ifHeapId: "another",
  },
  "topic.list": { op: "topic.list", pageSize: 1, pageToken: "" },
  stats: { op: "stats", topic: "jobs", partitionId: 0 },
  peek: { op: "peek", topic: "jobs", partitionId: 0, limit: 1, includeDlq: false },
  enqueue: {
    op: "enqueue",
    topic: "jobs",
    payload: new Uint8Array(1),
    priorityHi: 0,
    priorityLo: 1,
    producer,
  },
  ack: { op: "ack", ...delivery },
  nack: { op: "nack", ...delivery },
  release: { op: "release", ...delivery },
  extend: { op: "extend", topic: "jobs", leaseToken: delivery.leaseToken, extensionMs: 1 },
};

function startedRig(): HostRig {
  const limits = { partitionsPerTopicMax: 3, messageBytesMax: 5_000 };
  const rig = new HostRig({ limits });
  rig.start();
  wait(rig, 5_000);
  expect(answerTo(rig, RIGHT["topic.create"])).toMatchObject({ ok: true });
  wait(rig, 5_000);
  expect(answerTo(rig, RIGHT.enqueue)).toMatchObject({ ok: true });
  return rig;
}

function wait(rig: HostRig, ms: number): void {
  for (let passed = 0; passed < ms; passed += 50) {
    rig.pass(50);
    rig.settle();
  }
}

/** Of a request that is answered at once, or after some beats. */
function answerTo(rig: HostRig, request: ClientRequest): ClientResult {
  rig.effects = [];
  rig.ask(request);
  for (let beats = 0; beats < 40; beats += 1) {
    const reply = rig.effects.find((effect) => effect.kind === "client.reply");
    if (reply) return reply.result;
    wait(rig, 50);
  }
  throw new Error(`${request.op} was not answered`);
}

/** A copy with the value in the place of the field. */
function set(holder: object, [key, ...rest]: readonly string[], value: unknown): object {
  const held = (holder as Record<string, object>)[key];
  return { ...holder, [key]: rest.length === 0 ? value : set(held, rest, value) };
}

/** What the client hears of it: the failure of its request or of its stream. */
function heard(rig: HostRig, { of, path }: FieldOf, value: unknown): unknown {
  if (of.startsWith("stream.")) {
    rig.effects = [];
    const streamId = 7;
    const event = { kind: of, streamId, topic: "jobs", partitionIds: [], credits: 1 };
    rig.turn(set(event, path, value) as ClientEvent);
    rig.settle();
    const end = rig.effects.find((effect) => effect.kind === "stream.end");
    rig.turn({ kind: "stream.cancel", streamId });
    rig.settle();
    return end?.failure;
  }
  const right = RIGHT[of as ClientRequest["op"]];
  const result = answerTo(rig, set(right, path, value) as ClientRequest);
  return result.ok ? undefined : result.failure;
}

/** The partition of a filter is judged by its topic as well, which says so in its own words. */
function isRefusal(failure: unknown, rule: FieldRule): boolean {
  const { code, message } = (failure ?? {}) as { code?: string; message?: string };
  return code === "INVALID_ARGUMENT" && message?.startsWith(`${rule.name}: `) === true;
}

function expectAsTheTableSays(rig: HostRig, field: FieldOf, value: unknown): void {
  const { rule } = field;
  const failure = heard(rig, field, value);
  const isAllowed = allows(rule, value, rig.host.context.nodeLimits);
  expect([value, failure, isRefusal(failure, rule)]).toEqual([value, failure, !isAllowed]);
  if (isAllowed) return;
  expect((failure as { message: string }).message).toMatch(/^[^\n]{1,400}\.$/s);
}

describe("every field is judged as the table says", () => {
  const rig = startedRig();

  // Those of a session come from its codec, and are in sessions.test.ts.
  const fields = FIELDS.filter(({ of }) => of !== "session");
  test.each(fields.map((field) => [`${field.of}: ${field.path.join(".")}`, field] as const))(
    "%s",
    (_, field) => {
      const edges = edgesOf(field.rule, rig.host.context.nodeLimits);
      for (const value of edges) expectAsTheTableSays(rig, field, value);
      const any = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constantFrom(...edges));
      fc.assert(
        fc.property(any, (value) => expectAsTheTableSays(rig, field, value)),
        { numRuns: 30 },
      );
    },
  );
});
