// Synthetic states for the rules' tests: a world of plain objects, replicas, entries and events.

import {
  crc32,
  encodeBlock,
  encodeIntent,
  encodeMessageId,
  eachEntry,
  EntryKind,
  NEWEST_LEVEL,
  Writer,
  type Block,
  type ClientEffect,
  type DeliveredItem,
  type EntryView,
  type HardState,
  type Intent,
  type MachineEvent,
  type TopicSettings,
} from "@disheap/core";
import { expect } from "vitest";
import { RuleBroken } from "../../../src/oracle/oracle.js";
import { decodeIntents, type CommittedEntry } from "../../../src/oracle/rules/entries/canon.js";
import type {
  HostView,
  LogView,
  NodeView,
  RaftView,
  ReplicaView,
  Watched,
} from "../../../src/oracle/rules/views/watched.js";

export const SETTINGS: TopicSettings = {
  mode: "MIN",
  partitions: 1,
  replicationFactor: 3,
  topKBound: 100,
  retentionMs: 0,
  visibilityMs: 1000,
  maxRetries: 1,
  maxPayloadBytes: 1000,
  compression: false,
  dlqEnabled: true,
  dlqRetentionMs: 0,
};

/** What an init entry of this build names. */
export const BEGIN = { level: NEWEST_LEVEL.number, draft: NEWEST_LEVEL.draft };

/** How a partition begins, but for its settings. */
export const INIT = {
  kind: "partition.init",
  ...BEGIN,
  macKey: new Uint8Array(16).fill(9),
} as const;

export class FakeLog implements LogView {
  readonly terms: number[];
  lastStampMs = 0;

  constructor(terms: number[] = []) {
    this.terms = terms;
  }

  get lastIndex(): number {
    return this.terms.length;
  }

  get lastTerm(): number {
    return this.terms.at(-1) ?? 0;
  }

  termAt(index: number): number {
    if (index === 0) return 0;
    return this.terms[index - 1] ?? -1;
  }

  blockAt(): Block | undefined {
    return undefined;
  }
}

export type FakeRaft = { -readonly [K in keyof RaftView]: RaftView[K] };

export function fakeRaft(fields: Partial<RaftView> = {}): FakeRaft {
  return {
    id: 1,
    term: 1,
    vote: 0,
    role: "follower",
    commitIndex: 0,
    appliedIndex: 0,
    durableIndex: 0,
    durableTerm: 1,
    voters: [1, 2, 3],
    log: new FakeLog(),
    progress: new Map(),
    ...fields,
  };
}

export function fakeReplica(raft: RaftView): ReplicaView {
  return { raft, machine: { kind: "cluster", cluster: { topics: new Map() } } };
}

export class FakeNode implements NodeView {
  readonly number: number;
  readonly values = new Map<string, Uint8Array>();
  readonly disk = { durableValue: (key: string) => this.values.get(key) };
  isDamaged = false;

  constructor(number: number) {
    this.number = number;
  }
}

export class FakeWorld implements Watched {
  readonly queue = { nowUs: 0 };
  readonly nodes = [new FakeNode(1), new FakeNode(2), new FakeNode(3)];
  readonly hosts = new Map<number, HostView>();

  node(number: number): FakeNode {
    return this.nodes[number - 1];
  }

  host(number: number): HostView | undefined {
    return this.hosts.get(number);
  }

  /** A ready host that holds these replicas. */
  put(number: number, ...rafts: RaftView[]): HostView {
    const groups = new Map(rafts.map((r) => [r.id, fakeReplica(r)]));
    const host = { isReady: true, context: { incarnation: 1, wallMs: 0, groups } };
    this.hosts.set(number, host);
    return host;
  }
}

/** A block of one entry, and the entry in it. */
export function block(
  index: number,
  term: number,
  stampMs: number,
  intents: readonly Intent[] = [],
  kind: number = EntryKind.command,
): Block {
  const entry = { kind, stampMs, seedHi: 5, seedLo: 6, intents: intents.map(encodeIntent) };
  return encodeBlock(1, index, term, term, [entry]);
}

export function view(
  index: number,
  term: number,
  stampMs: number,
  intents: readonly Intent[] = [],
): EntryView {
  let found: EntryView | undefined;
  eachEntry(block(index, term, stampMs, intents), index, index, (entry) => {
    found = entry;
  });
  if (!found) throw new Error("a block holds its entry");
  return found;
}

/** Entries of group 1 in log order, as the first apply hands them on. */
export class Entries {
  private index = 0;

  next(
    stampMs: number,
    events: readonly MachineEvent[] = [],
    intents: readonly Intent[] = [],
  ): CommittedEntry {
    this.index += 1;
    const { index } = this;
    const entry = view(index, 1, stampMs, intents);
    return {
      atUs: stampMs * 1000,
      node: 1,
      group: 1,
      index,
      term: 1,
      stampMs,
      seedHi: entry.seedHi,
      seedLo: entry.seedLo,
      intents: decodeIntents(entry),
      events,
    };
  }

  init(settings: Partial<TopicSettings> = {}): CommittedEntry {
    return this.next(0, [], [{ ...INIT, settings: { ...SETTINGS, ...settings } }]);
  }
}

type EventOf<K extends MachineEvent["kind"]> = Extract<MachineEvent, { kind: K }>;

type Failed = Extract<MachineEvent, { readonly outcome: string }>;

/** Events of message 2.0, the first one after the entry that sets a partition up. */
export const events = {
  enqueued: (fields: Partial<EventOf<"message.enqueued">> = {}): MachineEvent => ({
    kind: "message.enqueued",
    index: 2,
    offset: 0,
    priorityHi: 0,
    priorityLo: 7,
    maxRetries: 1,
    notBeforeMs: 0,
    ...fields,
  }),
  granted: (fields: Partial<EventOf<"message.granted">> = {}): MachineEvent => ({
    kind: "message.granted",
    index: 2,
    offset: 0,
    fence: 1,
    attempts: 1,
    deadlineMs: 2000,
    edge: 1,
    edgeIncarnation: 1,
    stream: 1,
    round: 1,
    ...fields,
  }),
  acked: (fence = 1): MachineEvent => ({ kind: "message.acked", index: 2, offset: 0, fence }),
  nacked: (fields: Partial<Failed> = {}): MachineEvent => ({
    kind: "message.nacked",
    index: 2,
    offset: 0,
    fence: 1,
    attempts: 1,
    outcome: "ready",
    notBeforeMs: 1000,
    ...fields,
  }),
  expired: (fields: Partial<Failed> = {}): MachineEvent => ({
    kind: "message.expired",
    index: 2,
    offset: 0,
    fence: 1,
    attempts: 1,
    outcome: "ready",
    notBeforeMs: 2000,
    ...fields,
  }),
  ready: (): MachineEvent => ({ kind: "message.ready", index: 2, offset: 0 }),
  released: (fence = 1, by: "edge" | "client" = "edge"): MachineEvent => ({
    kind: "message.released",
    index: 2,
    offset: 0,
    fence,
    by,
  }),
  takenBack: (attempts = 0, fence = 1): MachineEvent => ({
    kind: "message.taken-back",
    index: 2,
    offset: 0,
    fence,
    by: "edge",
    attempts,
  }),
  extended: (deadlineMs: number, fence = 1): MachineEvent => ({
    kind: "message.extended",
    index: 2,
    offset: 0,
    fence,
    deadlineMs,
  }),
  shortened: (deadlineMs: number, fence = 1): MachineEvent => ({
    kind: "message.shortened",
    index: 2,
    offset: 0,
    fence,
    deadlineMs,
  }),
};

/** An item of a stream as a consumer gets it. */
export function item(fields: Partial<DeliveredItem> = {}): DeliveredItem {
  return {
    messageId: encodeMessageId(10, 1, 2, 0),
    topic: "t",
    partitionId: 0,
    payload: Uint8Array.of(1),
    priorityHi: 0,
    priorityLo: 7,
    enqueuedMs: 10,
    leaseToken: "",
    leaseDeadlineMs: 2000,
    fence: 1,
    attempts: 1,
    maxRetries: 1,
    ...fields,
  };
}

/** Runs `act`, which must break `rule`, and returns how. */
export function breaks(rule: string, act: () => void): RuleBroken {
  try {
    act();
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error;
    expect(error.rule).toBe(rule);
    expect(error.message.length).toBeGreaterThan(20);
    return error;
  }
  throw new Error(`${rule} was not noticed`);
}

/** The effect that hands an item to the carrier of stream 9. */
export function handed(what: DeliveredItem): Extract<ClientEffect, { kind: "stream.item" }> {
  return { kind: "stream.item", streamId: 9, item: what, leaseLeftMs: 100 };
}

/** A hard-state record as it lies on disk: version, term, vote, last index and term, checksum. */
function encodeHardState({ term, vote, lastIndex, lastTerm }: HardState): Uint8Array {
  const w = new Writer(20).u8(1).u32(term).u16(vote).u48(lastIndex).u32(lastTerm);
  return w.u32(crc32(w.peek(), 0, w.length)).finish();
}

/** Writes term, vote and a log with these terms as group 1's durable state. */
export function store(
  world: FakeWorld,
  node: number,
  term: number,
  vote: number,
  terms: number[],
): void {
  const { values } = world.node(node);
  values.set(
    "0300000001",
    encodeHardState({ term, vote, lastIndex: terms.length, lastTerm: terms.at(-1) ?? 0 }),
  );
  terms.forEach((t, i) => {
    const key = `0400000001${(i + 1).toString(16).padStart(12, "0")}`;
    values.set(key, block(i + 1, t, 0).bytes);
  });
}
