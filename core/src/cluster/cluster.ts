// The meta group's machine: topics, their configuration, and which nodes hold each partition (group 0).
// Group ids are handed out here and never re-used; a group's incarnation is the index of the meta entry
// that made it (D-50).

import type { TopicSettings } from "../contract/api.js";
import { intentsOf } from "../machine/entry-intents.js";
import { misplaced, type IntentResult } from "../machine/results.js";
import { rowHash, StateHash } from "../machine/state-hash.js";
import { assert } from "../lib/assert.js";
import { utf8Encode } from "../lib/bytes.js";
import { hashBytes } from "../lib/hash.js";
import { GROUP_MAX } from "../lib/ulid.js";
import { EntryKind, type EntryView } from "../wire/blocks.js";
import type { Intent, TopicCreateIntent, TopicIdentity } from "../wire/intents.js";
import { placeReplicas } from "./placement.js";

/** Of one topic, whatever a node's configuration allows: applying its creation is one step. */
const PARTITIONS_MAX = 65_536;

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
  readonly memberCount: number;
  private readonly listener: ClusterListener;
  private nextGroup = 1;
  nowMs = 0;
  appliedIndex = 0;

  constructor(memberCount: number, listener: ClusterListener) {
    this.memberCount = memberCount;
    this.listener = listener;
    this.hash.add(rowHash(0x61, this.nextGroup), rowHash(0x67, this.nextGroup));
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
    switch (intent.kind) {
      case "topic.create":
        return this.create(intent, index);
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

  private create(intent: TopicCreateIntent, index: number): IntentResult {
    const { topic, settings } = intent;
    if (this.topics.has(topic)) {
      return {
        type: "refused",
        code: "ALREADY_EXISTS",
        message: `topic "${topic}" already exists`,
      };
    }
    if (settings.partitions < 1 || settings.partitions > PARTITIONS_MAX) {
      const message = `topic "${topic}" asks for ${settings.partitions} partitions; it can have 1 to ${PARTITIONS_MAX}`;
      return { type: "refused", code: "INVALID_ARGUMENT", message };
    }
    if (this.nextGroup + settings.partitions - 1 > GROUP_MAX) {
      return {
        type: "refused",
        code: "RESOURCE_EXHAUSTED",
        message:
          `no more than ${GROUP_MAX} partitions can be made in the life of a cluster, and topic ` +
          `"${topic}" would exceed them; use topics that exist, or a new cluster`,
      };
    }
    const partitions: PartitionPlace[] = [];
    for (let partition = 0; partition < settings.partitions; partition += 1) {
      const group = this.nextGroup;
      this.hash.remove(rowHash(0x61, group), rowHash(0x67, group));
      this.nextGroup += 1;
      this.hash.add(rowHash(0x61, group + 1), rowHash(0x67, group + 1));
      const voters = placeReplicas(group, this.memberCount, settings.replicationFactor);
      partitions.push({ partition, group, incarnation: index, voters });
    }
    const record: TopicRecord = {
      topic,
      heapId: `${topic}-${Math.floor(this.nowMs / 1000)}`,
      settings,
      createdMs: this.nowMs,
      updatedMs: this.nowMs,
      isDeleting: false,
      partitions,
    };
    this.topics.set(topic, record);
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
    this.listener.topicDeleted(record);
    return { type: "settled" };
  }

  private count(record: TopicRecord, isAdded: boolean): void {
    const row = [...recordRow(record), ...settingsRow(record.settings)];
    if (isAdded) this.hash.add(rowHash(0x31, ...row), rowHash(0x47, ...row));
    else this.hash.remove(rowHash(0x31, ...row), rowHash(0x47, ...row));
  }

  /** Topics in the order of their names, for replies. */
  sortedTopics(): TopicRecord[] {
    return [...this.topics.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
  }
}

/** Everything of a topic as integers, for the state hash (D-63). */
function recordRow(record: TopicRecord): number[] {
  const row = [
    hashBytes(0x7091c, utf8Encode(record.topic)),
    hashBytes(0x7091d, utf8Encode(record.heapId)),
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

function notFound(topic: string): IntentResult {
  return { type: "refused", code: "NOT_FOUND", message: `topic "${topic}" not found` };
}
