// Random values of the wire's types, weighted towards the ends of their ranges.

import fc from "fast-check";
import type { ProducerTriple, TopicSettings } from "../../src/contract/api.js";
import { INDEX_MAX, OFFSETS_PER_ENTRY } from "../../src/lib/ulid.js";
import type { Intent, TokenFields } from "../../src/wire/intents.js";
import type { GrantedItem, PeerMessage } from "../../src/wire/messages.js";
import { enqueueMany, settleMany } from "./batches.js";

function edged(max: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(0, 1, max - 1, max),
    fc.nat({ max: Math.min(max, 1000) }),
    fc.maxSafeNat().map((n) => n % (max + 1)),
  );
}

export const u8 = edged(255);
export const u16 = edged(65535);
export const u32 = edged(4294967295);
export const u48 = edged(2 ** 48 - 1);
export const i32 = fc.oneof(fc.constantFrom(-2147483648, -1, 0, 1, 2147483647), fc.integer());
export const index = edged(INDEX_MAX);
export const offset = edged(OFFSETS_PER_ENTRY - 1);
export const group = edged(2 ** 24 - 1);
export const bytes = fc.uint8Array({ maxLength: 40 });
export const mac = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Text without lone surrogates: those do not survive on purpose. */
export const text = fc.string({ unit: "binary", maxLength: 20 });
const flag = fc.boolean();

export const producer: fc.Arbitrary<ProducerTriple> = fc.record({
  producerId: text,
  epochHi: u32,
  epochLo: u32,
  sequenceHi: u32,
  sequenceLo: u32,
});

const token: fc.Arbitrary<TokenFields> = fc.record({ index, offset, fence: u32, mac });

const bound = fc.option(fc.record({ hi: i32, lo: u32 }), { nil: undefined });

const level = { level: u16, draft: u32 };

const settings: fc.Arbitrary<TopicSettings> = fc.record({
  mode: fc.constantFrom("MIN" as const, "MAX" as const),
  partitions: u32,
  replicationFactor: u8,
  topKBound: u32,
  retentionMs: u48,
  visibilityMs: u48,
  maxRetries: u32,
  maxPayloadBytes: u48,
  compression: flag,
  dlqEnabled: flag,
  dlqRetentionMs: u48,
});

function of<K extends string>(kind: K): { readonly kind: fc.Arbitrary<K> } {
  return { kind: fc.constant(kind) };
}

const enqueueIntent = fc.record({
  ...of("enqueue"),
  priorityHi: i32,
  priorityLo: u32,
  payload: bytes,
  producer: fc.option(producer, { nil: undefined }),
  maxRetries: fc.option(u32, { nil: undefined }),
  delayMs: u48,
});

/** Rows whose sequences stay within 64 bits. */
const enqueueRows = fc
  .array(enqueueIntent, { minLength: 1, maxLength: 4 })
  .filter(([{ producer: p }]) => p?.sequenceHi !== 0xffffffff);

const settleRows = fc
  .record({
    tokens: fc.array(token, { minLength: 1, maxLength: 4 }),
    terms: fc.oneof(
      fc.constant({ kind: "ack" as const }),
      fc.record({ ...of("nack"), backoffMs: fc.option(u48, { nil: undefined }) }),
      fc.record({ ...of("extend"), extensionMs: u48 }),
      fc.constant({ kind: "release" as const }),
    ),
  })
  .map(({ tokens, terms }) => tokens.map((own) => ({ ...terms, token: own })));

/** One arbitrary per kind: a kind without an entry here does not compile. */
export const intentKinds: { readonly [K in Intent["kind"]]: fc.Arbitrary<Intent> } = {
  enqueue: enqueueIntent,
  "enqueue.many": enqueueRows.map(enqueueMany),
  "settle.many": settleRows.map(settleMany),
  grant: fc.record({
    ...of("grant"),
    edge: u16,
    edgeIncarnation: u32,
    stream: u48,
    round: u48,
    n: u32,
    limit: u32,
    visibilityMs: u48,
    bound,
  }),
  ack: fc.record({ ...of("ack"), token }),
  nack: fc.record({ ...of("nack"), token, backoffMs: fc.option(u48, { nil: undefined }) }),
  extend: fc.record({ ...of("extend"), token, extensionMs: u48 }),
  "release.undelivered": fc.record({ ...of("release.undelivered"), index, offset, fence: u32 }),
  release: fc.record({ ...of("release"), token }),
  "stream.close": fc.record({
    ...of("stream.close"),
    edge: u16,
    edgeIncarnation: u32,
    stream: u48,
    graceMs: u48,
  }),
  "edge.replaced": fc.record({
    ...of("edge.replaced"),
    edge: u16,
    edgeIncarnation: u32,
    graceMs: u48,
  }),
  tick: fc.record({ ...of("tick") }),
  "partition.init": fc.record({ ...of("partition.init"), ...level, macKey: mac, settings }),
  "partition.close": fc.record({ ...of("partition.close") }),
  "cluster.init": fc.record({
    ...of("cluster.init"),
    ...level,
    members: fc.array(u16, { maxLength: 20 }),
  }),
  "topic.create": fc.record({ ...of("topic.create"), topic: text, settings }),
  "topic.deleting": fc.record({ ...of("topic.deleting"), topic: text, firstGroup: u32 }),
  "topic.deleted": fc.record({ ...of("topic.deleted"), topic: text, firstGroup: u32 }),
};

export const intent: fc.Arbitrary<Intent> = fc.oneof(...Object.values(intentKinds));

const item: fc.Arbitrary<GrantedItem> = fc.record({
  index,
  offset,
  fence: u32,
  attempts: u32,
  maxRetries: u32,
  priorityHi: i32,
  priorityLo: u32,
  enqueuedMs: u48,
  deadlineMs: u48,
  leaseMs: u48,
  mac,
  payload: bytes,
  producer: fc.option(producer, { nil: undefined }),
});

const toGroup = { group: u32, incarnation: u32 };
const toStream = { group: u32, edgeIncarnation: u32, stream: u48 };
const few = { maxLength: 4 };
const errorCode = fc.constantFrom(
  "INVALID_ARGUMENT" as const,
  "NOT_FOUND" as const,
  "ALREADY_EXISTS" as const,
  "FAILED_PRECONDITION" as const,
  "ABORTED" as const,
  "UNAVAILABLE" as const,
  "DEADLINE_EXCEEDED" as const,
  "RESOURCE_EXHAUSTED" as const,
  "UNIMPLEMENTED" as const,
  "INTERNAL" as const,
);

const id64 = fc.record({ hi: u32, lo: u32 });
const aboutFormation = {
  from: id64,
  to: id64,
  list: fc.string(),
  storeId: fc.string(),
  machine: fc.string(),
  wallMs: u48,
};
const founding = fc.record({
  cluster: id64,
  attempt: fc.integer({ min: 1, max: 0x7fff_ffff }),
  bornMs: u48,
  founders: fc.array(
    fc.record({ id: u16, name: fc.string(), storeId: fc.string(), machine: fc.string() }),
    few,
  ),
});

/** One arbitrary per kind: a kind without an entry here does not compile. */
export const messageKinds: { readonly [K in PeerMessage["kind"]]: fc.Arbitrary<PeerMessage> } = {
  "pre-vote": fc.record({
    ...of("pre-vote"),
    ...toGroup,
    term: u32,
    token: u32,
    lastIndex: u48,
    lastTerm: u32,
  }),
  "pre-vote.reply": fc.record({
    ...of("pre-vote.reply"),
    ...toGroup,
    term: u32,
    token: u32,
    granted: flag,
    ownTerm: u32,
  }),
  formation: fc.oneof(
    fc.record({ ...of("formation"), ...aboutFormation, status: fc.constant("none" as const) }),
    fc.record({
      ...of("formation"),
      ...aboutFormation,
      status: fc.constantFrom("unfinished" as const, "formed" as const),
      founding,
    }),
  ),
  ping: fc.record({ ...of("ping"), token: u32, nonce: id64 }),
  pong: fc.record({ ...of("pong"), token: u32, nonce: id64 }),
  vote: fc.record({
    ...of("vote"),
    ...toGroup,
    term: u32,
    lastIndex: u48,
    lastTerm: u32,
    isTransfer: flag,
  }),
  "timeout-now": fc.record({ ...of("timeout-now"), ...toGroup, term: u32 }),
  "vote.reply": fc.record({ ...of("vote.reply"), ...toGroup, term: u32, granted: flag }),
  append: fc.record({
    ...of("append"),
    ...toGroup,
    term: u32,
    seq: u48,
    isStart: flag,
    prevIndex: u48,
    prevTerm: u32,
    commit: u48,
    blocks: fc.array(fc.record({ bytes, use: u16 }), few),
  }),
  "append.reply": fc.record({
    ...of("append.reply"),
    ...toGroup,
    term: u32,
    seq: u48,
    accepted: flag,
    index: u48,
    prevIndex: u48,
    wallMs: u48,
  }),
  "append.untaken": fc.record({
    ...of("append.untaken"),
    ...toGroup,
    term: u32,
    seq: u48,
    next: u48,
  }),
  beat: fc.record({
    ...of("beat"),
    round: u48,
    isStalled: flag,
    items: fc.array(fc.record({ ...toGroup, term: u32, commit: u48 }), few),
  }),
  "beat.reply": fc.record({
    ...of("beat.reply"),
    round: u48,
    wallMs: u48,
    isStalled: flag,
    items: fc.array(fc.record({ ...toGroup, term: u32, accepted: flag, needsProbe: flag }), few),
  }),
  request: fc.record({
    ...of("request"),
    edgeIncarnation: u32,
    requestId: u48,
    attempt: u32,
    isOnce: flag,
    group: u32,
    action: fc.oneof(
      fc.record({ type: fc.constant("propose" as const), intent: bytes }),
      fc.record({ type: fc.constant("barrier" as const) }),
      fc.record({ type: fc.constant("repeat" as const) }),
      fc.record({ type: fc.constant("read.counts" as const) }),
      fc.record({ type: fc.constant("read.peek" as const), limit: u32, includeDlq: flag }),
    ),
  }),
  reply: fc.record({
    ...of("reply"),
    edgeIncarnation: u32,
    requestId: u48,
    attempt: u32,
    outcome: fc.oneof(
      fc.record({ type: fc.constant("done" as const), index: u48, body: bytes }),
      fc.record({ type: fc.constant("refused" as const), code: errorCode, message: text }),
      fc.record({ type: fc.constant("surely-not" as const), leader: u16 }),
      fc.record({ type: fc.constant("unknown-group" as const) }),
      fc.record({ type: fc.constant("in-hand" as const) }),
      fc.record({ type: fc.constant("not-in-hand" as const) }),
    ),
  }),
  "grant.request": fc.record({
    ...of("grant.request"),
    ...toStream,
    round: u48,
    n: u32,
    visibilityMs: u48,
    isStanding: flag,
    bound,
    serial: u48,
  }),
  granted: fc.record({
    ...of("granted"),
    ...toStream,
    term: u32,
    round: u48,
    grantedInRound: u32,
    index: u48,
    state: fc.constantFrom(
      "more" as const,
      "final" as const,
      "closed" as const,
      "not-leader" as const,
    ),
    serial: u48,
    items: fc.array(item, few),
  }),
  ask: fc.record({ ...of("ask"), ...toStream, serial: u48, count: u32 }),
  ladder: fc.record({
    ...of("ladder"),
    ...toStream,
    serial: u48,
    state: fc.constantFrom("ok" as const, "not-leader" as const, "closed" as const),
    leader: u16,
    rungs: fc.array(fc.record({ hi: i32, lo: u32, count: u32 }), few),
    hasMore: flag,
  }),
  digest: fc.record({
    ...of("digest"),
    ...toStream,
    isLast: flag,
    leases: fc.array(
      fc.record({ index: u48, offset: u16, fence: u32, stream: u48, round: u48, grantIndex: u48 }),
      few,
    ),
  }),
  "digest.request": fc.record({ ...of("digest.request"), ...toStream }),
};

export const message: fc.Arbitrary<PeerMessage> = fc.oneof(...Object.values(messageKinds));
