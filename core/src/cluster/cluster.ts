// The meta group's machine: how an entry changes the topics of the cluster. Everything is decided here, from
// (state, entry) only (D-9), by the rules of the level that the group's init entry named (D-86).

import type { Offset } from "../lib/brands.js";
import { applyEntry, type Machine } from "../machine/machine.js";
import { misplaced, type IntentResult } from "../machine/results.js";
import type { Levels } from "../machine/levels/known.js";
import type { EntryView } from "../wire/blocks.js";
import type {
  ClusterInitIntent,
  Intent,
  TopicCreateIntent,
  TopicIdentity,
} from "../wire/intents.js";
import { ClusterState, type TopicRecord } from "./cluster-state.js";

/** What changed at apply: the host makes and removes groups by it. */
interface ClusterListener {
  topicCreated(record: TopicRecord): void;
  topicDeleted(record: TopicRecord): void;
}

export class ClusterMachine extends ClusterState implements Machine {
  private readonly listener: ClusterListener;

  /** `levels` are those that its init entry may name. */
  constructor(listener: ClusterListener, levels?: Levels) {
    super(levels);
    this.listener = listener;
  }

  apply(entry: EntryView, results: IntentResult[] | undefined): void {
    applyEntry(this, entry, results);
  }

  passTime({ stampMs }: EntryView): void {
    this.nowMs = stampMs;
  }

  applyIntent(intent: Intent, _offset: Offset, { index }: EntryView): IntentResult {
    if (intent.kind === "cluster.init") return this.init(intent);
    if (!this.isBegun) return notBegun(intent.kind);
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
      case "enqueue.many":
      case "settle.many":
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

  private init({ level, draft, members }: ClusterInitIntent): IntentResult {
    // Two leaders in a row may both have proposed it; the first one counts.
    if (this.isBegun) return { type: "none" };
    if (members.length === 0 || new Set(members).size < members.length || members.includes(0)) {
      const message = "a cluster begins with at least one member, and each has a number of its own";
      return { type: "refused", code: "INVALID_ARGUMENT", message };
    }
    this.begin(level, draft, members);
    return { type: "none" };
  }

  private create({ topic, settings }: TopicCreateIntent, index: number): IntentResult {
    const { partitionsMax, groupMax } = this.inForce.level;
    const held = this.topics.get(topic);
    if (held) {
      const message = held.isDeleting
        ? `topic "${topic}" is being deleted; try again when it is gone, in a moment`
        : `topic "${topic}" already exists`;
      return { type: "refused", code: "ALREADY_EXISTS", message };
    }
    if (settings.partitions < 1 || settings.partitions > partitionsMax) {
      const message = `topic "${topic}" asks for ${settings.partitions} partitions; it can have 1 to ${partitionsMax}`;
      return { type: "refused", code: "INVALID_ARGUMENT", message };
    }
    if (settings.partitions > this.groupsLeft) {
      return {
        type: "refused",
        code: "RESOURCE_EXHAUSTED",
        message:
          `no more than ${groupMax} partitions can be made in the life of a cluster, and topic ` +
          `"${topic}" would exceed them; use topics that exist, or a new cluster`,
      };
    }
    const record = this.addTopic(topic, settings, index);
    this.listener.topicCreated(record);
    return { type: "created", heapId: record.heapId };
  }

  private markDeleting(which: TopicIdentity): IntentResult {
    const record = this.find(which);
    if (!record) return notFound(which.topic);
    this.beginDeleting(record);
    return { type: "settled" };
  }

  private remove(which: TopicIdentity): IntentResult {
    const record = this.find(which);
    if (!record) return notFound(which.topic);
    if (!record.isDeleting) {
      const message = `topic "${which.topic}" is still open; close it before it is removed`;
      return { type: "refused", code: "FAILED_PRECONDITION", message };
    }
    this.removeTopic(record);
    this.listener.topicDeleted(record);
    return { type: "settled" };
  }
}

/** A leader's first intent is the init: only one of another version can have left it out. */
function notBegun(kind: string): IntentResult {
  const message = `the cluster's first entry is missing, so ${kind} means nothing yet; try again`;
  return { type: "refused", code: "FAILED_PRECONDITION", message };
}

function notFound(topic: string): IntentResult {
  return { type: "refused", code: "NOT_FOUND", message: `topic "${topic}" not found` };
}
