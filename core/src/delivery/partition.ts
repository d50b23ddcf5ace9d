// The partition machine: how an entry changes one partition of a topic. Everything is decided here, from
// (state, the entry's stamp, the entry's seed) only (D-9), by the rules of the level that the group's init
// entry named (D-86); every replica computes the same.

import { assert, assertNever } from "../lib/assert.js";
import { hash32 } from "../lib/hash.js";
import { INDEX_MAX } from "../lib/ulid.js";
import { intentsOf } from "../machine/entry-intents.js";
import { misplaced, type IntentResult } from "../machine/results.js";
import { rowHash } from "../machine/state-hash.js";
import { EntryKind, type EntryView } from "../wire/blocks.js";
import type { Intent, PartitionInitIntent } from "../wire/intents.js";
import { applyEnqueue } from "./enqueue.js";
import { applyGrant, closeStream, entryGrants, replaceEdge } from "./grant.js";
import { PartitionState, type ApplyContext } from "./partition-state.js";
import { applyGiveBack, applyRelease } from "./release.js";
import { applyAck, applyExtend, applyNack, fireTimers } from "./settle.js";

export class Partition extends PartitionState {
  /**
   * Applies one committed entry. `results`, when given, gets one result per intent; only the replica
   * that proposed the entry asks for them.
   */
  apply(entry: EntryView, results: IntentResult[] | undefined): void {
    assert(
      entry.index === this.appliedIndex + 1,
      `R4: entry ${entry.index} must follow ${this.appliedIndex}`,
    );
    assert(
      entry.stampMs >= this.nowMs,
      `Q7: stamp ${entry.stampMs} must not go back from ${this.nowMs}`,
    );
    assert(entry.index <= INDEX_MAX, "D-10: log index must fit 42 bits");
    const intents = entry.kind === EntryKind.noop ? [] : intentsOf(entry);
    this.appliedIndex = entry.index;
    this.passTime(entry.stampMs);
    let context = this.inForce.isKnown ? this.contextOf(entry) : undefined;
    if (context) {
      fireTimers(this, context);
      this.tombstones.expire(this.nowMs);
      this.expiries.forget(this.nowMs);
      this.dedup.sweep(this.nowMs);
    }
    if (entry.kind === EntryKind.noop) return;
    for (let offset = 0; offset < intents.length; offset += 1) {
      const result = this.applyIntent(intents[offset], offset, context);
      results?.push(result);
      if (this.inForce.isKnown) context ??= this.contextOf(entry);
    }
  }

  /** Before the level is known the stamp is in no hash: such entries mean the same on all levels. */
  private passTime(nowMs: number): void {
    if (this.inForce.isKnown) this.countStamp(false);
    this.nowMs = nowMs;
    if (this.inForce.isKnown) this.countStamp(true);
  }

  private countStamp(isAdded: boolean): void {
    const [a, b] = this.inForce.level.hash.stamp;
    if (isAdded) this.hash.add(rowHash(a, this.nowMs), rowHash(b, this.nowMs));
    else this.hash.remove(rowHash(a, this.nowMs), rowHash(b, this.nowMs));
  }

  private contextOf({ index, stampMs, seedHi, seedLo }: EntryView): ApplyContext {
    const { level } = this.inForce;
    return { index, nowMs: stampMs, seedHi, seedLo, level, grants: entryGrants(level) };
  }

  private applyIntent(
    intent: Intent,
    offset: number,
    context: ApplyContext | undefined,
  ): IntentResult {
    if (intent.kind === "partition.init") return this.init(intent);
    if (this.isClosed || !context) return this.refuseClosed(intent);
    switch (intent.kind) {
      case "enqueue":
        return applyEnqueue(this, intent, offset, context);
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

  private init(intent: PartitionInitIntent): IntentResult {
    // Two leaders in a row may both have proposed it; the first one counts.
    if (this.inForce.isKnown) return { type: "none" };
    const { hash } = this.inForce.begin(intent.level);
    this.settings = intent.settings;
    this.macKey = intent.macKey.slice();
    const row = [intent.level, intent.draft];
    this.hash.add(rowHash(hash.level[0], ...row), rowHash(hash.level[1], ...row));
    this.hash.add(hash32(hash.macKey[0], ...this.macKey), hash32(hash.macKey[1], ...this.macKey));
    this.countStamp(true);
    return { type: "none" };
  }
}
