// The partition machine: how an entry changes one partition of a topic. Everything is decided here, from
// (state, the entry's stamp, the entry's seed) only (D-9), by the rules of the level that the group's init
// entry named (D-86); every replica computes the same.

import { assertNever } from "../lib/assert.js";
import { hash32 } from "../lib/hash.js";
import { applyEntry, type Machine } from "../machine/machine.js";
import { misplaced, type IntentResult } from "../machine/results.js";
import type { EntryView } from "../wire/blocks.js";
import type { Intent, PartitionInitIntent } from "../wire/intents.js";
import { applyEnqueue, applyEnqueueMany } from "./enqueue.js";
import { applyGrant, closeStream, entryGrants, replaceEdge } from "./grant.js";
import { PartitionState, type ApplyContext } from "./partition-state.js";
import { applyGiveBack, applyRelease } from "./release.js";
import { applySettleMany } from "./settle-many.js";
import { applyAck, applyExtend, applyNack, fireTimers } from "./settle.js";

export class Partition extends PartitionState implements Machine {
  /** Of the entry that is being applied, once its level is known. */
  private context: ApplyContext | undefined;

  apply(entry: EntryView, results: IntentResult[] | undefined): void {
    applyEntry(this, entry, results);
  }

  /** Before the level is known the stamp is in no hash: such entries mean the same on all levels. */
  passTime(entry: EntryView): void {
    const { isKnown } = this.inForce;
    if (isKnown) this.takeOff(this.inForce.level.hash.stamp, [this.nowMs]);
    this.nowMs = entry.stampMs;
    this.context = undefined;
    if (!isKnown) return;
    this.put(this.inForce.level.hash.stamp, [this.nowMs]);
    this.context = this.contextOf(entry);
    fireTimers(this, this.context);
    this.tombstones.expire(this.nowMs);
    this.expiries.expire(this.nowMs);
    this.dedup.sweep(this.nowMs);
  }

  private contextOf({ index, stampMs, seedHi, seedLo }: EntryView): ApplyContext {
    const { level } = this.inForce;
    return { index, nowMs: stampMs, seedHi, seedLo, level, grants: entryGrants(level) };
  }

  applyIntent(intent: Intent, offset: number, entry: EntryView): IntentResult {
    if (intent.kind === "partition.init") return this.init(intent, entry);
    const { context } = this;
    if (this.isClosed || !context) return this.refuseClosed(intent);
    switch (intent.kind) {
      case "enqueue":
        return applyEnqueue(this, intent, offset, context);
      case "enqueue.many":
        return applyEnqueueMany(this, intent, offset, context);
      case "settle.many":
        return applySettleMany(this, intent, context);
      case "grant":
        return applyGrant(this, intent, context);
      case "ack":
        return applyAck(this, intent.token, context);
      case "nack":
        return applyNack(this, intent.token, intent.backoffMs, context);
      case "extend":
        return applyExtend(this, intent.token, intent.extensionMs, context);
      case "release.undelivered":
        return applyRelease(this, intent);
      case "release":
        return applyGiveBack(this, intent.token, context);
      case "stream.close":
        return closeStream(this, intent, context);
      case "edge.replaced":
        return replaceEdge(this, intent.edge, intent.edgeIncarnation, intent.graceMs, context);
      case "tick":
        return { type: "none" };
      case "partition.close":
        this.isClosed = true;
        this.hash.add(...context.level.hash.closed);
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
    this.context = this.contextOf(entry);
    return { type: "none" };
  }
}
