// What the meta group knows: topics, their configuration, and which nodes hold each partition (group 0), with
// the transitions between states of a topic. What an entry makes of it is decided in cluster.ts. Invariants:
//   R4 group ids are handed out here and never used again; a group's incarnation is the index of the meta
//     entry that made it (D-50);
//   D-99 no heap id names a second again that a deleted topic's named;
//   CLU1 a topic has one record: a new one takes a free name, and what changes or goes is the record that stands there;
//   CLU2 `deleting` holds exactly the topics that are being deleted, and only such a one is removed;
//   CLU3 `groupCount` is the sum of all topics' partitions.

import type { TopicSettings } from "../contract/api.js";
import { assert } from "../lib/assert.js";
import { utf8Encode } from "../lib/bytes.js";
import { hashBytes } from "../lib/hash.js";
import type { Level } from "../machine/levels/level.js";
import { MachineState } from "../machine/machine.js";
import type { TopicIdentity } from "../wire/intents.js";
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

export class ClusterState extends MachineState {
  readonly topics = new Map<string, TopicRecord>();
  /** Of these, the ones that are being deleted: what is left to do for whoever leads (D-51). */
  readonly deleting = new Map<string, TopicRecord>();
  /** Partitions of all topics. */
  groupCount = 0;
  /** Ids in the order of placement, as the first entry named them; none before it. */
  private members: readonly number[] = [];
  private nextGroup = 1;
  /** Heap ids of deleted topics name no second later than this: none of them comes again (D-99). */
  private deletedSeconds = 0;

  /** Its first entry is applied: it knows its level and its members. */
  get isBegun(): boolean {
    return this.inForce.isKnown;
  }

  /** Topics in the order of their names, for replies. */
  sortedTopics(): TopicRecord[] {
    return [...this.topics.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
  }

  /** The very topic that is meant: one of the same name made later is another (D-89). */
  protected find({ topic, firstGroup }: TopicIdentity): TopicRecord | undefined {
    const record = this.topics.get(topic);
    return record?.partitions[0].group === firstGroup ? record : undefined;
  }

  /** Group ids that are left to give out. */
  protected get groupsLeft(): number {
    return this.inForce.level.groupMax - this.nextGroup + 1;
  }

  // --- transitions -----------------------------------------------------------------------------------

  protected begin(level: number, draft: number, members: readonly number[]): void {
    const { hash } = this.inForce.begin(level);
    this.members = members;
    this.put(hash.level, [level, draft]);
    this.put(hash.members, members);
    this.put(hash.nextGroup, [this.nextGroup]);
    this.put(hash.deletedSeconds, [this.deletedSeconds]);
  }

  protected addTopic(topic: string, settings: TopicSettings, index: number): TopicRecord {
    const partitions = this.placePartitions(settings, index);
    // The heap id is made of the creation's second, which clients can read from a list of topics.
    const createdMs = Math.max(this.nowMs, (this.deletedSeconds + 1) * 1000);
    const isNewSecond = secondsOf(createdMs) > this.deletedSeconds;
    assert(isNewSecond, "D-99: no heap id names a second of a deleted topic");
    const record: TopicRecord = {
      topic,
      heapId: `${topic}-${secondsOf(createdMs)}`,
      settings,
      createdMs,
      updatedMs: createdMs,
      isDeleting: false,
      partitions,
    };
    assert(!this.topics.has(topic), "CLU1: a new topic takes a free name");
    this.topics.set(topic, record);
    this.groupCount += partitions.length;
    this.count(record, true);
    return record;
  }

  private placePartitions(settings: TopicSettings, incarnation: number): PartitionPlace[] {
    const { level } = this.inForce;
    const partitions: PartitionPlace[] = [];
    for (let partition = 0; partition < settings.partitions; partition += 1) {
      assert(this.groupsLeft > 0, "R4: a group id that is given out is free");
      const group = this.nextGroup;
      this.takeOff(level.hash.nextGroup, [group]);
      this.nextGroup += 1;
      this.put(level.hash.nextGroup, [group + 1]);
      const voters = placeReplicas(group, this.members, settings.replicationFactor, level);
      partitions.push({ partition, group, incarnation, voters });
    }
    return partitions;
  }

  protected beginDeleting(record: TopicRecord): void {
    this.count(record, false);
    record.isDeleting = true;
    this.deleting.set(record.topic, record);
    this.count(record, true);
  }

  protected removeTopic(record: TopicRecord): void {
    const isWhole = this.deleting.get(record.topic) === record && record.isDeleting;
    assert(isWhole, "CLU2: only a topic that is being deleted is removed");
    assert(this.topics.get(record.topic) === record, "CLU1: the record that goes stands there");
    this.count(record, false);
    this.topics.delete(record.topic);
    this.groupCount -= record.partitions.length;
    this.countDeleted(secondsOf(record.createdMs));
    this.deleting.delete(record.topic);
    const isEmpty = this.topics.size === 0;
    assert(isEmpty === (this.groupCount === 0), "CLU3: no topics, no groups");
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

/** In this order. By field, so that one which the hash would not see does not compile. */
const SETTINGS: Readonly<Record<keyof TopicSettings, (s: TopicSettings) => number>> = {
  mode: (s) => (s.mode === "MAX" ? 1 : 0),
  partitions: (s) => s.partitions,
  replicationFactor: (s) => s.replicationFactor,
  topKBound: (s) => s.topKBound,
  retentionMs: (s) => s.retentionMs,
  visibilityMs: (s) => s.visibilityMs,
  maxRetries: (s) => s.maxRetries,
  maxPayloadBytes: (s) => s.maxPayloadBytes,
  compression: (s) => (s.compression ? 1 : 0),
  dlqEnabled: (s) => (s.dlqEnabled ? 1 : 0),
  dlqRetentionMs: (s) => s.dlqRetentionMs,
};
const SETTING_NUMBERS = Object.values(SETTINGS);

function settingsRow(settings: TopicSettings): number[] {
  return SETTING_NUMBERS.map((numberOf) => numberOf(settings));
}
