// Times entries from the moment this node, as leader, puts them into its log to the moment it applies
// them: replication, sync and queueing included.

import type { HostObserver } from "@disheap/core";

/** Entries timed at once per group; beyond that the newest go untimed. */
const PENDING_MAX = 4096;

export class ApplyClock {
  private readonly nowMs: () => number;
  private readonly onApplied: (group: number, ms: number) => void;
  private readonly pending = new Map<number, Map<number, number>>();

  constructor(nowMs: () => number, onApplied: (group: number, ms: number) => void) {
    this.nowMs = nowMs;
    this.onApplied = onApplied;
  }

  proposed(group: number, index: number): void {
    let entries = this.pending.get(group);
    if (entries === undefined) this.pending.set(group, (entries = new Map<number, number>()));
    if (entries.size < PENDING_MAX) entries.set(index, this.nowMs());
  }

  applied(group: number, index: number): void {
    const entries = this.pending.get(group);
    const sinceMs = entries?.get(index);
    if (entries === undefined || sinceMs === undefined) return;
    entries.delete(index);
    this.onApplied(group, this.nowMs() - sinceMs);
  }

  /** Another leader may overwrite what this one proposed. */
  roleChanged(group: number): void {
    this.pending.delete(group);
  }
}

/** Watches the host for the clock, and passes on what an operator must know. */
export function watchHost(
  clock: ApplyClock,
  onStopped: (group: number, reason: string) => void,
): HostObserver {
  return {
    roleChanged: (group) => {
      clock.roleChanged(group);
    },
    proposed: (group, index) => {
      clock.proposed(group, index);
    },
    applied: (group, entry) => {
      clock.applied(group, entry.index);
    },
    groupStopped: onStopped,
    sent: () => undefined,
  };
}
