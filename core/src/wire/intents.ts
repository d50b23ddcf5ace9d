// What an entry asks the machine to do, in bytes. Intents say what is wanted and carry no result:
// everything is decided at apply (D-9). An intent is u32 length, u8 kind, fields; the edge encodes it
// once and the same bytes travel to the leader, into the entry, to every disk and to apply.

import type { ProducerTriple, TopicSettings } from "../contract/api.js";
import { assert } from "../lib/assert.js";
import { MalformedInput, Reader, Writer } from "../lib/bytes.js";
import type { LeaseName } from "../lib/lease-name.js";
import type { StreamName } from "../lib/stream-name.js";
import {
  type EnqueueManyIntent,
  readEnqueueMany,
  readSettleMany,
  type SettleManyIntent,
  writeEnqueueMany,
  writeSettleMany,
} from "./batch-intents.js";
import { readProducer, writeProducer } from "./producer.js";

/** The machine level that a group begins at, and its draft (D-86). */
interface InitLevel {
  readonly level: number;
  readonly draft: number;
}

export interface EnqueueIntent {
  readonly kind: "enqueue";
  readonly priorityHi: number;
  readonly priorityLo: number;
  readonly payload: Uint8Array;
  readonly producer: ProducerTriple | undefined;
  /** Undefined: the topic's default. */
  readonly maxRetries: number | undefined;
  readonly delayMs: number;
}

/** Grants at most `n` in this round (counting what the round was granted before), `limit` now. */
export interface GrantIntent extends StreamName {
  readonly kind: "grant";
  readonly round: number;
  readonly n: number;
  readonly limit: number;
  readonly visibilityMs: number;
  /** Nothing worse than this priority. */
  readonly bound: { readonly hi: number; readonly lo: number } | undefined;
}

/** What a lease token proves: the message's place in its group's log, the fence and the MAC. */
export interface TokenFields extends LeaseName {
  /** Undefined in a row of a batch: its node vouches for it (D-79). */
  readonly mac: Uint8Array | undefined;
}

interface AckIntent {
  readonly kind: "ack";
  readonly token: TokenFields;
}

interface NackIntent {
  readonly kind: "nack";
  readonly token: TokenFields;
  readonly backoffMs: number | undefined;
}

interface ExtendIntent {
  readonly kind: "extend";
  readonly token: TokenFields;
  readonly extensionMs: number;
}

/** The edge never handed this grant to the transport: give its attempt back (D-21). */
export interface ReleaseIntent extends LeaseName {
  readonly kind: "release.undelivered";
}

/** A client gives back by its token what it was delivered and did not start: no attempt is counted. */
interface GiveBackIntent {
  readonly kind: "release";
  readonly token: TokenFields;
}

/** The consumer is gone: its leases end at min(deadline, now + grace); no further grants. */
export interface StreamCloseIntent extends StreamName {
  readonly kind: "stream.close";
  readonly graceMs: number;
}

/** The edge restarted under a newer incarnation: the leases of older ones are shortened (D-24). */
interface EdgeReplacedIntent extends Omit<StreamName, "stream"> {
  readonly kind: "edge.replaced";
  readonly graceMs: number;
}

/** Lets time pass, so that due timers fire. */
interface TickIntent {
  readonly kind: "tick";
}

/** The first entry of a partition: its level, the configuration in force, the key of its lease tokens. */
export interface PartitionInitIntent extends InitLevel {
  readonly kind: "partition.init";
  readonly settings: TopicSettings;
  /** 16 bytes that its leader drew (D-15). */
  readonly macKey: Uint8Array;
}

/** The topic is being deleted: refuse everything from here on (D-51). */
interface PartitionCloseIntent {
  readonly kind: "partition.close";
}

/** The first entry of the meta group: its level, and the members that partitions are placed on. */
export interface ClusterInitIntent extends InitLevel {
  readonly kind: "cluster.init";
  /** Member ids in the order of placement. */
  readonly members: readonly number[];
}

export interface TopicCreateIntent {
  readonly kind: "topic.create";
  readonly topic: string;
  readonly settings: TopicSettings;
}

/** Which of the topics that ever had this name: the group of its first partition, never used again. */
export interface TopicIdentity {
  readonly topic: string;
  readonly firstGroup: number;
}

/** From here on the topic takes no new work; its partitions are closed next. */
interface TopicDeletingIntent extends TopicIdentity {
  readonly kind: "topic.deleting";
}

/** All partitions are closed: the topic goes. */
interface TopicDeletedIntent extends TopicIdentity {
  readonly kind: "topic.deleted";
}

type PartitionIntent =
  | EnqueueIntent
  | EnqueueManyIntent
  | SettleManyIntent
  | GrantIntent
  | AckIntent
  | NackIntent
  | ExtendIntent
  | ReleaseIntent
  | GiveBackIntent
  | StreamCloseIntent
  | EdgeReplacedIntent
  | TickIntent
  | PartitionInitIntent
  | PartitionCloseIntent;

type ClusterIntent =
  ClusterInitIntent | TopicCreateIntent | TopicDeletingIntent | TopicDeletedIntent;

export type Intent = PartitionIntent | ClusterIntent;

interface IntentRow {
  /** Its byte in a log: append only. */
  readonly tag: number;
  /** Which machine applies it; the others refuse it. */
  readonly machine: "partition" | "cluster" | "either";
}

/** All intents there are: one without a row does not compile. */
export const INTENTS = {
  enqueue: { tag: 1, machine: "partition" },
  grant: { tag: 2, machine: "partition" },
  ack: { tag: 3, machine: "partition" },
  nack: { tag: 4, machine: "partition" },
  extend: { tag: 5, machine: "partition" },
  "release.undelivered": { tag: 6, machine: "partition" },
  "stream.close": { tag: 7, machine: "partition" },
  "edge.replaced": { tag: 8, machine: "partition" },
  tick: { tag: 9, machine: "either" },
  "partition.init": { tag: 10, machine: "partition" },
  "partition.close": { tag: 11, machine: "partition" },
  release: { tag: 12, machine: "partition" },
  "enqueue.many": { tag: 30, machine: "partition" },
  "settle.many": { tag: 31, machine: "partition" },
  "topic.create": { tag: 20, machine: "cluster" },
  "topic.deleting": { tag: 21, machine: "cluster" },
  "topic.deleted": { tag: 22, machine: "cluster" },
  "cluster.init": { tag: 23, machine: "cluster" },
} as const satisfies Readonly<Record<Intent["kind"], IntentRow>>;

function writeToken(w: Writer, token: TokenFields): void {
  const { index, offset, fence, mac } = token;
  assert(mac !== undefined, "D-79: only a batch holds tokens without their MAC");
  w.u48(index).u16(offset).u32(fence).raw(mac);
}

function readToken(r: Reader): TokenFields {
  return { index: r.u48(), offset: r.u16(), fence: r.u32(), mac: r.raw(16) };
}

/** Right behind the kind on every level, so that each version finds it whatever else stands there. */
function writeLevel(w: Writer, { level, draft }: InitLevel): Writer {
  return w.u16(level).u32(draft);
}

function readLevel(r: Reader): InitLevel {
  return { level: r.u16(), draft: r.u32() };
}

function readMembers(r: Reader): number[] {
  const count = r.u16();
  const members: number[] = [];
  for (let i = 0; i < count; i += 1) members.push(r.u16());
  return members;
}

function writeSettings(w: Writer, s: TopicSettings): void {
  w.u8((s.mode === "MAX" ? 1 : 0) | (s.compression ? 2 : 0) | (s.dlqEnabled ? 4 : 0));
  w.u32(s.partitions).u8(s.replicationFactor).u32(s.topKBound).u48(s.retentionMs);
  w.u48(s.visibilityMs).u32(s.maxRetries).u48(s.maxPayloadBytes).u48(s.dlqRetentionMs);
}

function readSettings(r: Reader): TopicSettings {
  const flags = r.u8();
  return {
    mode: flags & 1 ? "MAX" : "MIN",
    compression: (flags & 2) !== 0,
    dlqEnabled: (flags & 4) !== 0,
    partitions: r.u32(),
    replicationFactor: r.u8(),
    topKBound: r.u32(),
    retentionMs: r.u48(),
    visibilityMs: r.u48(),
    maxRetries: r.u32(),
    maxPayloadBytes: r.u48(),
    dlqRetentionMs: r.u48(),
  };
}

function writeEnqueue(w: Writer, intent: EnqueueIntent): void {
  const { producer, maxRetries } = intent;
  w.u8(INTENTS.enqueue.tag);
  w.u8((producer ? 1 : 0) | (maxRetries === undefined ? 0 : 2));
  w.i32(intent.priorityHi).u32(intent.priorityLo).u48(intent.delayMs);
  if (maxRetries !== undefined) w.u32(maxRetries);
  if (producer) writeProducer(w, producer);
  w.blob(intent.payload);
}

function readEnqueue(r: Reader): EnqueueIntent {
  const flags = r.u8();
  const priorityHi = r.i32();
  const priorityLo = r.u32();
  const delayMs = r.u48();
  const maxRetries = flags & 2 ? r.u32() : undefined;
  const producer = flags & 1 ? readProducer(r) : undefined;
  return {
    kind: "enqueue",
    priorityHi,
    priorityLo,
    delayMs,
    maxRetries,
    producer,
    payload: r.blob(),
  };
}

function writeGrant(w: Writer, g: GrantIntent): void {
  w.u8(INTENTS.grant.tag).u16(g.edge).u32(g.edgeIncarnation).u48(g.stream).u48(g.round);
  w.u32(g.n)
    .u32(g.limit)
    .u48(g.visibilityMs)
    .u8(g.bound ? 1 : 0);
  if (g.bound) w.i32(g.bound.hi).u32(g.bound.lo);
}

function readGrant(r: Reader): GrantIntent {
  return {
    kind: "grant",
    edge: r.u16(),
    edgeIncarnation: r.u32(),
    stream: r.u48(),
    round: r.u48(),
    n: r.u32(),
    limit: r.u32(),
    visibilityMs: r.u48(),
    bound: r.u8() === 1 ? { hi: r.i32(), lo: r.u32() } : undefined,
  };
}

function writeBody(w: Writer, intent: Intent): void {
  switch (intent.kind) {
    case "enqueue":
      writeEnqueue(w, intent);
      break;
    case "enqueue.many":
      writeEnqueueMany(w.u8(INTENTS["enqueue.many"].tag), intent);
      break;
    case "settle.many":
      writeSettleMany(w.u8(INTENTS["settle.many"].tag), intent);
      break;
    case "grant":
      writeGrant(w, intent);
      break;
    case "ack":
      writeToken(w.u8(INTENTS.ack.tag), intent.token);
      break;
    case "nack":
      writeToken(w.u8(INTENTS.nack.tag), intent.token);
      w.u8(intent.backoffMs === undefined ? 0 : 1).u48(intent.backoffMs ?? 0);
      break;
    case "extend":
      writeToken(w.u8(INTENTS.extend.tag), intent.token);
      w.u48(intent.extensionMs);
      break;
    case "release.undelivered":
      w.u8(INTENTS["release.undelivered"].tag)
        .u48(intent.index)
        .u16(intent.offset)
        .u32(intent.fence);
      break;
    case "release":
      writeToken(w.u8(INTENTS.release.tag), intent.token);
      break;
    case "stream.close":
      w.u8(INTENTS["stream.close"].tag).u16(intent.edge).u32(intent.edgeIncarnation);
      w.u48(intent.stream).u48(intent.graceMs);
      break;
    case "edge.replaced":
      w.u8(INTENTS["edge.replaced"].tag)
        .u16(intent.edge)
        .u32(intent.edgeIncarnation)
        .u48(intent.graceMs);
      break;
    case "tick":
      w.u8(INTENTS.tick.tag);
      break;
    case "partition.init":
      writeLevel(w.u8(INTENTS["partition.init"].tag), intent);
      writeSettings(w.raw(intent.macKey), intent.settings);
      break;
    case "partition.close":
      w.u8(INTENTS["partition.close"].tag);
      break;
    case "cluster.init":
      writeLevel(w.u8(INTENTS["cluster.init"].tag), intent).u16(intent.members.length);
      for (const member of intent.members) w.u16(member);
      break;
    case "topic.create":
      writeSettings(w.u8(INTENTS["topic.create"].tag).text(intent.topic), intent.settings);
      break;
    case "topic.deleting":
      w.u8(INTENTS["topic.deleting"].tag).text(intent.topic).u32(intent.firstGroup);
      break;
    case "topic.deleted":
      w.u8(INTENTS["topic.deleted"].tag).text(intent.topic).u32(intent.firstGroup);
      break;
  }
}

/** About how long it gets. */
function sizeOf(intent: Intent): number {
  switch (intent.kind) {
    case "enqueue":
      return intent.payload.length + 96;
    case "enqueue.many":
      return intent.payload.length + 24 * intent.rows + 96;
    case "settle.many":
      return intent.leases.length + 32;
    default:
      return 64;
  }
}

/** One intent with its length, ready to be copied into an entry. */
export function encodeIntent(intent: Intent): Uint8Array {
  const w = new Writer(sizeOf(intent));
  w.u32(0);
  writeBody(w, intent);
  w.setU32(0, w.length - 4);
  return w.finish();
}

function readBody(r: Reader): Intent {
  const kind = r.u8();
  switch (kind) {
    case INTENTS.enqueue.tag:
      return readEnqueue(r);
    case INTENTS["enqueue.many"].tag:
      return readEnqueueMany(r);
    case INTENTS["settle.many"].tag:
      return readSettleMany(r);
    case INTENTS.grant.tag:
      return readGrant(r);
    case INTENTS.ack.tag:
      return { kind: "ack", token: readToken(r) };
    case INTENTS.nack.tag: {
      const token = readToken(r);
      const has = r.u8() === 1;
      const backoffMs = r.u48();
      return { kind: "nack", token, backoffMs: has ? backoffMs : undefined };
    }
    case INTENTS.extend.tag:
      return { kind: "extend", token: readToken(r), extensionMs: r.u48() };
    case INTENTS["release.undelivered"].tag:
      return { kind: "release.undelivered", index: r.u48(), offset: r.u16(), fence: r.u32() };
    case INTENTS.release.tag:
      return { kind: "release", token: readToken(r) };
    case INTENTS["stream.close"].tag:
      return {
        kind: "stream.close",
        edge: r.u16(),
        edgeIncarnation: r.u32(),
        stream: r.u48(),
        graceMs: r.u48(),
      };
    case INTENTS["edge.replaced"].tag:
      return { kind: "edge.replaced", edge: r.u16(), edgeIncarnation: r.u32(), graceMs: r.u48() };
    case INTENTS.tick.tag:
      return { kind: "tick" };
    case INTENTS["partition.init"].tag:
      return {
        kind: "partition.init",
        ...readLevel(r),
        macKey: r.raw(16),
        settings: readSettings(r),
      };
    case INTENTS["partition.close"].tag:
      return { kind: "partition.close" };
    case INTENTS["cluster.init"].tag:
      return { kind: "cluster.init", ...readLevel(r), members: readMembers(r) };
    case INTENTS["topic.create"].tag:
      return { kind: "topic.create", topic: r.text(), settings: readSettings(r) };
    case INTENTS["topic.deleting"].tag:
      return { kind: "topic.deleting", topic: r.text(), firstGroup: r.u32() };
    case INTENTS["topic.deleted"].tag:
      return { kind: "topic.deleted", topic: r.text(), firstGroup: r.u32() };
    default:
      throw new MalformedInput(`intent kind ${kind} is unknown to this version`);
  }
}

/**
 * The level that the intent at the reader's place begins its group at; undefined for other intents. Nothing
 * behind it is read: what stands there belongs to that level.
 */
export function peekLevel(r: Reader): InitLevel | undefined {
  const ahead = new Reader(r.bytes, r.at, r.at + r.left);
  if (ahead.left < 5) return undefined;
  ahead.u32();
  const kind = ahead.u8();
  if (kind !== INTENTS["partition.init"].tag && kind !== INTENTS["cluster.init"].tag)
    return undefined;
  return ahead.left < 6 ? undefined : readLevel(ahead);
}

/** Reads the intent at the reader's place. */
export function readIntent(r: Reader): Intent {
  const length = r.u32();
  const from = r.at;
  if (length > r.left) throw new MalformedInput("intent is cut short");
  const inner = new Reader(r.bytes, from, from + length);
  const intent = readBody(inner);
  inner.expectEnd();
  r.at = from + length;
  return intent;
}

/** The same for bytes that hold exactly one intent. */
export function decodeIntent(bytes: Uint8Array): Intent {
  const r = new Reader(bytes);
  const intent = readIntent(r);
  r.expectEnd();
  return intent;
}
