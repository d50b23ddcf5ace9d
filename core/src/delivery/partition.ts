// The partition machine: how an entry changes one partition of a topic. Everything is decided here, from
// (state, the entry's stamp, the entry's seed) only (D-9), by the rules of the level that the group's init
// entry named (D-86); every replica computes the same.

import type { Offset } from "../lib/brands.js";
import { assertNever } from "../lib/assert.js";
import { hash32 } from "../lib/hash.js";
import { applyEntry, type Machine } from "../machine/machine.js";
import { misplaced, type IntentResult } from "../machine/results.js";
import type { EntryView } from "../wire/blocks.js";
import type { Intent, PartitionInitIntent } from "../wire/intents.js";
import { applyEnqueue, applyEnqueueMany } from "./enqueue.js";
import { applyGrant, closeStream, entryGrants, replaceEdge } from "./grant.js";
import { PartitionState, type Moment } from "./partition-state.js";
import { applyGiveBack, applyRelease } from "./release.js";
import { applySettleMany } from "./settle-many.js";
import { applyAck, applyExtend, applyNack, fireTimers } from "./settle.js";

export class Partition extends PartitionState implements Machine {
  /** Of the entry that is being applied, once its level is known. */
  private moment: Moment | undefined;

  apply(entry: EntryView, results: IntentResult[] | undefined): void {
    applyEntry(this, entry, results);
  }

  /** Before the level is known the stamp is in no hash: such entries mean the same on all levels. */
  passTime(entry: EntryView): void {
    const { isKnown } = this.inForce;
    if (isKnown) this.takeOff(this.inForce.level.hash.stamp, [this.nowMs]);
    this.nowMs = entry.stampMs;
    this.moment = undefined;
    if (!isKnown) return;
    this.put(this.inForce.level.hash.stamp, [this.nowMs]);
    this.moment = this.momentOf(entry);
    fireTimers(this, this.moment);
    this.tombstones.expire(this.nowMs);
    this.expiries.expire(this.nowMs);
    this.dedup.sweep(this.nowMs);
  }

  private momentOf({ index, stampMs, seedHi, seedLo }: EntryView): Moment {
    const { level } = this.inForce;
    return { index, nowMs: stampMs, seedHi, seedLo, level, grants: entryGrants(level) };
  }

  applyIntent(intent: Intent, offset: Offset, entry: EntryView): IntentResult {
    if (intent.kind === "partition.init") return this.init(intent, entry);
    const { moment } = this;
    if (this.isClosed || !moment) return this.refuseClosed(intent);
    switch (intent.kind) {
      case "enqueue":
        return applyEnqueue(this, intent, offset, moment);
      case "enqueue.many":
        return applyEnqueueMany(this, intent, offset, moment);
      case "settle.many":
        return applySettleMany(this, intent, moment);
      case "grant":
        return applyGrant(this, intent, moment);
      case "ack":
        return applyAck(this, intent.token, moment);
      case "nack":
        return applyNack(this, intent.token, intent.backoffMs, moment);
      case "extend":
        return applyExtend(this, intent.token, intent.extensionMs, moment);
      case "release.undelivered":
        return applyRelease(this, intent);
      case "release":
        return applyGiveBack(this, intent.token, moment);
      case "stream.close":
        return closeStream(this, intent, moment);
      case "edge.replaced":
        return replaceEdge(this, intent.edge, intent.edgeIncarnation, intent.graceMs, moment);
      case "tick":
        return { type: "none" };
      case "partition.close":
        this.isClosed = true;
        this.hash.add(...moment.level.hash.closed);
        return { type: "settled" };
      case "cluster.init":
      case "topic.create":
      case "topic.deleting":
      case "topic.deleted":
        return misplaced(intent.kind, "a partition");
      default:
        return assertNever(intent, "intent");
    }
  }

  private refuseClosed(intent: Intent): IntentResult {
    if (intent.kind === "grant") {
      return { type: "granted", slots: [], grantedInRound: 0, isClosed: this.isClosed };
    }
    if (intent.kind === "partition.close") return { type: "settled" };
    return { type: "refused", code: "NOT_FOUND", message: "topic not found: it is being deleted" };
  }

  private init(intent: PartitionInitIntent, entry: EntryView): IntentResult {
    // Two leaders in a row may both have proposed it; the first one counts.
    if (this.inForce.isKnown) return { type: "none" };
    const { hash } = this.inForce.begin(intent.level);
    this.settings = intent.settings;
    this.macKey = intent.macKey.slice();
    this.put(hash.level, [intent.level, intent.draft]);
    this.hash.add(hash32(hash.macKey[0], ...this.macKey), hash32(hash.macKey[1], ...this.macKey));
    this.put(hash.stamp, [this.nowMs]);
    this.moment = this.momentOf(entry);
    return { type: "none" };
  }
}
