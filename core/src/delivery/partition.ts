// The partition machine: how an entry changes one partition of a topic. Everything is decided here, from
// (state, the entry's stamp, the entry's seed) only (D-9); every replica computes the same.

import type { TopicSettings } from "../contract/api.js";
import { assert, assertNever } from "../lib/assert.js";
import { hash32 } from "../lib/hash.js";
import { INDEX_MAX } from "../lib/ulid.js";
import { intentsOf } from "../machine/entry-intents.js";
import { misplaced, type IntentResult } from "../machine/results.js";
import { rowHash } from "../machine/state-hash.js";
import { EntryKind, type EntryView } from "../wire/blocks.js";
import type { Intent } from "../wire/intents.js";
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
    this.hash.remove(rowHash(0x0ddba11, this.nowMs), rowHash(0xc0ffee, this.nowMs));
    this.nowMs = entry.stampMs;
    this.hash.add(rowHash(0x0ddba11, this.nowMs), rowHash(0xc0ffee, this.nowMs));
    const context = {
      index: entry.index,
      nowMs: entry.stampMs,
      seedHi: entry.seedHi,
      seedLo: entry.seedLo,
      grants: entryGrants(),
    };
    fireTimers(this, context);
    this.tombstones.expire(this.nowMs);
    this.expiries.forget(this.nowMs);
    this.dedup.sweep(this.nowMs);
    if (entry.kind === EntryKind.noop) return;
    for (let offset = 0; offset < intents.length; offset += 1) {
      const result = this.applyIntent(intents[offset], offset, context);
      results?.push(result);
    }
  }

  private applyIntent(intent: Intent, offset: number, context: ApplyContext): IntentResult {
    if (intent.kind === "partition.init") return this.init(intent.settings, context);
    if (this.isClosed || !this.settings) return this.refuseClosed(intent);
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
        this.hash.add(0x5eed, 0xc105ed);
        return { type: "settled" };
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

  private init(settings: TopicSettings, context: ApplyContext): IntentResult {
    // Two leaders in a row may both have proposed it; the first one counts.
    if (this.settings) return { type: "none" };
    this.settings = settings;
    for (let i = 0; i < 16; i += 1) {
      this.macKey[i] = hash32(0x6d616320, context.seedHi, context.seedLo, i) & 255;
    }
    this.hash.add(hash32(1, ...this.macKey), hash32(2, ...this.macKey));
    return { type: "none" };
  }
}
