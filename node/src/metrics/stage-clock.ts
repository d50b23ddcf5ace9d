// Times the stages that the host's observer can see. Entries: from the moment this node, as leader, puts
// one into its log to its commit, from there to its apply, and over both. Heartbeats: there and back.

import { type HostObserver, SequenceTable } from "@disheap/core";
import type { ObserveStage } from "./stages.js";

/** Entries timed at once per group; beyond that the newest go untimed. */
const PENDING_MAX = 4096;
/** Rounds of heartbeats that may be unanswered; older ones are forgotten. */
const ROUNDS_MAX = 64;

interface Entry {
  readonly proposedMs: number;
  committedMs: number | undefined;
}

interface StageClockOptions {
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly observe: ObserveStage;
  /** An entry that this node proposed is applied here: milliseconds since it was proposed. */
  readonly onApplied: (group: number, ms: number) => void;
  /** A broken invariant stopped a group. */
  readonly onStopped: (group: number, reason: string) => void;
  /** A call of a session was answered, and so many of its rows are in. */
  readonly onEnqueued?: (topic: string, rows: number, ms: number) => void;
  /** A first delivery leaves by a session. */
  readonly onPopped?: (topic: string, ms: number) => void;
  /** A leader of that term sent entries, or none, and said how far it had committed. */
  readonly onAppend: (group: number, term: number, commit: number) => void;
}

export class StageClock implements HostObserver {
  private readonly options: StageClockOptions;
  /** By group, by index; entries of a group stand in the order of their index. */
  private readonly pending = new Map<number, SequenceTable<Entry>>();
  private readonly rounds = new Map<number, number>();

  constructor(options: StageClockOptions) {
    this.options = options;
  }

  rowsEnqueued(topic: string, rows: number, ms: number): void {
    this.options.onEnqueued?.(topic, rows, ms);
  }

  rowDelivered(topic: string, waitedMs: number): void {
    this.options.onPopped?.(topic, waitedMs);
  }

  proposed(group: number, index: number, _term: number, waitedUs: number): void {
    this.options.observe("queue", waitedUs / 1000);
    let entries = this.pending.get(group);
    if (entries === undefined) this.pending.set(group, (entries = new SequenceTable<Entry>()));
    if (entries.size >= PENDING_MAX) return;
    entries.set(index, { proposedMs: this.options.nowMs(), committedMs: undefined });
  }

  committed(group: number, index: number): void {
    const nowMs = this.options.nowMs();
    for (const [at, entry] of this.pending.get(group)?.entries() ?? []) {
      if (at > index) return;
      if (entry.committedMs !== undefined) continue;
      entry.committedMs = nowMs;
      this.options.observe("commit", nowMs - entry.proposedMs);
    }
  }

  applied(group: number, { index }: { readonly index: number }): void {
    const entries = this.pending.get(group);
    const entry = entries?.get(index);
    if (entries === undefined || entry === undefined) return;
    entries.delete(index);
    const nowMs = this.options.nowMs();
    if (entry.committedMs !== undefined) this.options.observe("apply", nowMs - entry.committedMs);
    this.options.onApplied(group, nowMs - entry.proposedMs);
  }

  /** Another leader may overwrite what this one proposed. */
  roleChanged(group: number): void {
    this.pending.delete(group);
  }

  groupRemoved(group: number): void {
    this.pending.delete(group);
  }

  groupStopped(group: number, reason: string): void {
    this.pending.delete(group);
    this.options.onStopped(group, reason);
  }

  sent(_to: number, message: Parameters<HostObserver["sent"]>[1]): void {
    if (message.kind !== "beat" || this.rounds.has(message.round)) return;
    this.rounds.set(message.round, this.options.nowMs());
    if (this.rounds.size <= ROUNDS_MAX) return;
    for (const oldest of this.rounds.keys()) {
      this.rounds.delete(oldest);
      return;
    }
  }

  received(_from: number, message: Parameters<HostObserver["sent"]>[1]): void {
    if (message.kind === "append") {
      this.options.onAppend(message.group, message.term, message.commit);
    }
    if (message.kind !== "beat.reply") return;
    const sentMs = this.rounds.get(message.round);
    if (sentMs !== undefined) this.options.observe("network", this.options.nowMs() - sentMs);
  }
}
