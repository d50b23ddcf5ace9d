// The meta group's machine: topics, their configuration, and which nodes hold each partition (group 0).
// Group ids are handed out here and never re-used; a group's incarnation is the index of the meta entry
// that made it (D-50).

import type { TopicSettings } from "../contract/api.js";
import { intentsOf } from "../machine/entry-intents.js";
import { misplaced, type IntentResult } from "../machine/results.js";
import { LevelInForce } from "../machine/levels/in-force.js";
import { knownLevel, type Levels } from "../machine/levels/known.js";
import type { HashSeeds, Level } from "../machine/levels/level.js";
import { rowHash, StateHash } from "../machine/state-hash.js";
import { assert } from "../lib/assert.js";
import { utf8Encode } from "../lib/bytes.js";
import { hashBytes } from "../lib/hash.js";
import { EntryKind, type EntryView } from "../wire/blocks.js";
import type {
  ClusterInitIntent,
  Intent,
  TopicCreateIntent,
  TopicIdentity,
} from "../wire/intents.js";
import { placeReplicas } from "./placement.js";

export interface PartitionPlace {
  readonly partition: number;
  readonly group: number;
  readonly incarnation: number;
  /** Member numbers; the first is the preferred leader. */
  readonly voters: readonly number[];
}

export interface TopicRecord {
  readonly topic: string;
  readonly heapId: string;
  readonly settings: TopicSettings;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** Being deleted: partitions refuse new work, then the record goes (D-51). */
  isDeleting: boolean;
  readonly partitions: readonly PartitionPlace[];
}

/** What changed at apply: the host makes and removes groups by it. */
export interface ClusterListener {
  topicCreated(record: TopicRecord): void;
  topicDeleted(record: TopicRecord): void;
}

export class ClusterMachine {
  readonly hash = new StateHash();
  readonly topics = new Map<string, TopicRecord>();
  /** Of these, the ones that are being deleted: what is left to do for whoever leads (D-51). */
  readonly deleting = new Map<string, TopicRecord>();
  /** Partitions of all topics. */
  groupCount = 0;
  private readonly inForce: LevelInForce;
  private readonly listener: ClusterListener;
  /** Ids in the order of placement, as the first entry named them; none before it. */
  private members: readonly number[] = [];
  private nextGroup = 1;
  /** Heap ids of deleted topics name no second later than this: none of them comes again (D-99). */
  private deletedSeconds = 0;
  nowMs = 0;
  appliedIndex = 0;

  /** `levels` are those that its init entry may name. */
  constructor(listener: ClusterListener, levels: Levels = knownLevel) {
    this.inForce = new LevelInForce(levels);
    this.listener = listener;
  }

  /** Its first entry is applied: it knows its level and its members. */
  get isBegun(): boolean {
    return this.inForce.isKnown;
  }

  apply(entry: EntryView, results: IntentResult[] | undefined): void {
    assert(
      entry.index === this.appliedIndex + 1,
      `R4: entry ${entry.index} must follow ${this.appliedIndex}`,
    );
    assert(
      entry.stampMs >= this.nowMs,
      `Q7: stamp ${entry.stampMs} must not go back from ${this.nowMs}`,
    );
    const intents = entry.kind === EntryKind.noop ? [] : intentsOf(entry);
    this.appliedIndex = entry.index;
    this.nowMs = entry.stampMs;
    for (const intent of intents) {
      const result = this.applyIntent(intent, entry.index);
      results?.push(result);
    }
  }

  private applyIntent(intent: Intent, index: number): IntentResult {
    if (intent.kind === "cluster.init") return this.begin(intent);
    if (!this.isBegun) return notBegun(intent.kind);
    switch (intent.kind) {
      case "topic.create":
        return this.create(intent, index, this.inForce.level);
      case "topic.deleting":
        return this.markDeleting(intent);
      case "topic.deleted":
        return this.remove(intent);
      case "tick":
        return { type: "none" };
      case "enqueue":
      case "grant":
      case "ack":
      case "nack":
      case "extend":
      case "release.undelivered":
      case "release":
      case "stream.close":
      case "edge.replaced":
      case "partition.init":
      case "partition.close":
        return misplaced(intent.kind, "the meta group");
    }
  }

  private begin({ level, draft, members }: ClusterInitIntent): IntentResult {
    // Two leaders in a row may both have proposed it; the first one counts.
    if (this.isBegun) return { type: "none" };
    if (members.length === 0 || new Set(members).size < members.length || members.includes(0)) {
      const message = "a cluster begins with at least one member, and each has a number of its own";
      return { type: "refused", code: "INVALID_ARGUMENT", message };
    }
    const { hash } = this.inForce.begin(level);
    this.members = members;
    this.put(hash.level, [level, draft]);
    this.put(hash.members, members);
    this.put(hash.nextGroup, [this.nextGroup]);
    this.put(hash.deletedSeconds, [this.deletedSeconds]);
    return { type: "none" };
  }

  private put([a, b]: HashSeeds, row: readonly number[]): void {
    this.hash.add(rowHash(a, ...row), rowHash(b, ...row));
  }

  private takeOff([a, b]: HashSeeds, row: readonly number[]): void {
    this.hash.remove(rowHash(a, ...row), rowHash(b, ...row));
  }

  private create(intent: TopicCreateIntent, index: number, level: Level): IntentResult {
    const { topic, settings } = intent;
    const held = this.topics.get(topic);
    if (held) {
      const message = held.isDeleting
        ? `topic "${topic}" is being deleted; try again when it is gone, in a moment`
        : `topic "${topic}" already exists`;
      return { type: "refused", code: "ALREADY_EXISTS", message };
    }
    if (settings.partitions < 1 || settings.partitions > level.partitionsMax) {
      const message = `topic "${topic}" asks for ${settings.partitions} partitions; it can have 1 to ${level.partitionsMax}`;
      return { type: "refused", code: "INVALID_ARGUMENT", message };
    }
    if (this.nextGroup + settings.partitions - 1 > level.groupMax) {
      return {
        type: "refused",
        code: "RESOURCE_EXHAUSTED",
        message:
          `no more than ${level.groupMax} partitions can be made in the life of a cluster, and topic ` +
          `"${topic}" would exceed them; use topics that exist, or a new cluster`,
      };
    }
    const partitions: PartitionPlace[] = [];
    for (let partition = 0; partition < settings.partitions; partition += 1) {
      const group = this.nextGroup;
      this.takeOff(level.hash.nextGroup, [group]);
      this.nextGroup += 1;
      this.put(level.hash.nextGroup, [group + 1]);
      const voters = placeReplicas(group, this.members, settings.replicationFactor, level);
      partitions.push({ partition, group, incarnation: index, voters });
    }
    // The heap id is made of the creation's second, which clients can read from a list of topics.
    const createdMs = Math.max(this.nowMs, (this.deletedSeconds + 1) * 1000);
    const record: TopicRecord = {
      topic,
      heapId: `${topic}-${secondsOf(createdMs)}`,
      settings,
      createdMs,
      updatedMs: createdMs,
      isDeleting: false,
      partitions,
    };
    this.topics.set(topic, record);
    this.groupCount += partitions.length;
    this.count(record, true);
    this.listener.topicCreated(record);
    return { type: "created", heapId: record.heapId };
  }

  /** The very topic that is meant: one of the same name made later is another (D-89). */
  private find({ topic, firstGroup }: TopicIdentity): TopicRecord | undefined {
    const record = this.topics.get(topic);
    return record?.partitions[0].group === firstGroup ? record : undefined;
  }

  private markDeleting(which: TopicIdentity): IntentResult {
    const record = this.find(which);
    if (!record) return notFound(which.topic);
    this.count(record, false);
    record.isDeleting = true;
    this.deleting.set(record.topic, record);
    this.count(record, true);
    return { type: "settled" };
  }

  private remove(which: TopicIdentity): IntentResult {
    const record = this.find(which);
    if (!record) return notFound(which.topic);
    if (!record.isDeleting) {
      const message = `topic "${which.topic}" is still open; close it before it is removed`;
      return { type: "refused", code: "FAILED_PRECONDITION", message };
    }
    this.count(record, false);
    this.topics.delete(which.topic);
    this.groupCount -= record.partitions.length;
    this.countDeleted(secondsOf(record.createdMs));
    this.deleting.delete(which.topic);
    this.listener.topicDeleted(record);
    return { type: "settled" };
  }

  private countDeleted(seconds: number): void {
    if (seconds <= this.deletedSeconds) return;
    const { hash } = this.inForce.level;
    this.takeOff(hash.deletedSeconds, [this.deletedSeconds]);
    this.deletedSeconds = seconds;
    this.put(hash.deletedSeconds, [seconds]);
  }

  private count(record: TopicRecord, isAdded: boolean): void {
    const { hash } = this.inForce.level;
    const row = [...recordRow(record, hash), ...settingsRow(record.settings)];
    if (isAdded) this.put(hash.topic, row);
    else this.takeOff(hash.topic, row);
  }

  /** Topics in the order of their names, for replies. */
  sortedTopics(): TopicRecord[] {
    return [...this.topics.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
  }
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}

/** Everything of a topic as integers, for the state hash (D-63). */
function recordRow(record: TopicRecord, seeds: Level["hash"]): number[] {
  const row = [
    hashBytes(seeds.topicName, utf8Encode(record.topic)),
    hashBytes(seeds.heapId, utf8Encode(record.heapId)),
    record.createdMs,
    record.updatedMs,
    record.isDeleting ? 1 : 0,
  ];
  for (const place of record.partitions) {
    row.push(place.partition, place.group, place.incarnation, ...place.voters);
  }
  return row;
}

function settingsRow(s: TopicSettings): number[] {
  return [
    s.mode === "MAX" ? 1 : 0,
    s.partitions,
    s.replicationFactor,
    s.topKBound,
    s.retentionMs,
    s.visibilityMs,
    s.maxRetries,
    s.maxPayloadBytes,
    s.compression ? 1 : 0,
    s.dlqEnabled ? 1 : 0,
    s.dlqRetentionMs,
  ];
}

/** A leader's first intent is the init: only one of another version can have left it out. */
function notBegun(kind: string): IntentResult {
  const message = `the cluster's first entry is missing, so ${kind} means nothing yet; try again`;
  return { type: "refused", code: "FAILED_PRECONDITION", message };
}

function notFound(topic: string): IntentResult {
  return { type: "refused", code: "NOT_FOUND", message: `topic "${topic}" not found` };
}
