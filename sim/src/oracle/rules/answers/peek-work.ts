// P4: a peek is a bounded step (rev-B6): it looks at each message once and sorts no more than it shows, however
// many wait. Comparisons of messages are counted while a peek waits at a leader, from outside: each reads the
// partition's mode or asks which message is older. Judged are turns in which nothing else compares messages:
// no entry of the group was applied, and nobody asked for candidates.

import type { Mode, Partition, PeerMessage } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen } from "../watched.js";

interface WaitingRead {
  readonly action: { readonly type: string; readonly limit?: number };
}

interface ReadableSlot {
  readonly id: number;
  readonly reads: ReadonlyMap<number, WaitingRead>;
  readonly confirmedReads: readonly WaitingRead[];
  readonly machine: { readonly kind: string; readonly partition?: Partition };
}

interface ReadableHost {
  readonly context: { readonly groups: ReadonlyMap<number, ReadableSlot> };
}

/** One partition at a leader for which peeks wait. */
interface Watch {
  comparisons: number;
  /** Something else compared messages in this turn. */
  isBusy: boolean;
  /** Limits of the peeks that waited when the turn before ended. */
  limits: readonly number[];
}

export class PeekWork implements Rule {
  private world: { readonly queue: { readonly nowUs: number } } | undefined;
  private readonly watches = new WeakMap<Partition, Watch>();
  /** By node: those with peeks now, by group. */
  private readonly waiting = new Map<number, Map<number, Watch>>();

  attach(world: { readonly queue: { readonly nowUs: number } }): void {
    this.world = world;
  }

  applied(node: number, group: number): void {
    this.busy(node, group);
  }

  received(node: number, message: PeerMessage): void {
    if (message.kind === "ask" || message.kind === "grant.request") this.busy(node, message.group);
  }

  private busy(node: number, group: number): void {
    const watch = this.waiting.get(node)?.get(group);
    if (watch) watch.isBusy = true;
  }

  afterTurn(node: number, host: ReadableHost): void {
    const before = this.waiting.get(node);
    const now = new Map<number, Watch>();
    for (const slot of host.context.groups.values()) {
      const { partition } = slot.machine;
      if (!partition) continue;
      const limits = peeksOf(slot);
      const watch = before?.get(slot.id);
      if (watch && this.watches.get(partition) === watch)
        this.judge(node, slot.id, watch, partition);
      if (limits.length > 0) now.set(slot.id, this.watched(partition, limits));
    }
    this.waiting.set(node, now);
  }

  private judge(node: number, group: number, watch: Watch, partition: Partition): void {
    const held = partition.counts.totalMessages + partition.counts.dlqMessages;
    const most = watch.limits.reduce((sum, limit) => sum + peekComparisons(held, limit), 0);
    if (watch.isBusy || watch.comparisons <= most) return;
    const what = `${watch.comparisons} comparisons for peeks at ${watch.limits.join(", ")} of ${held} messages`;
    throw new RuleBroken({
      rule: "P4",
      message: `n${node} made ${what} of group ${group} in one turn; ${most} are enough`,
      second: seen({ atUs: this.world?.queue.nowUs ?? 0, node }, what),
      about: `group ${group}:`,
    });
  }

  private watched(partition: Partition, limits: readonly number[]): Watch {
    const watch = this.watches.get(partition) ?? this.count(partition);
    watch.comparisons = 0;
    watch.isBusy = false;
    watch.limits = limits;
    return watch;
  }

  private count(partition: Partition): Watch {
    const watch: Watch = { comparisons: 0, isBusy: false, limits: [] };
    this.watches.set(partition, watch);
    const { mode } = partition;
    const isOlder = partition.isOlder.bind(partition);
    const counted = (): Mode => {
      watch.comparisons += 1;
      return mode;
    };
    Object.defineProperty(partition, "mode", { get: counted });
    partition.isOlder = (a, b) => {
      watch.comparisons += 1;
      return isOlder(a, b);
    };
    return watch;
  }
}

function peeksOf({ reads, confirmedReads }: ReadableSlot): number[] {
  const limits: number[] = [];
  for (const { action } of [...reads.values(), ...confirmedReads]) {
    if (action.type === "read.peek") limits.push(action.limit ?? 0);
  }
  return limits;
}

/**
 * At most: every message against the worst of the kept ones; if it is better, down a heap of `limit`, two a
 * level; at the end a sort of the kept ones.
 */
export function peekComparisons(held: number, limit: number): number {
  const kept = Math.min(held, limit);
  const levels = kept < 2 ? 0 : 32 - Math.clz32(kept - 1);
  return held * (1 + 2 * levels) + kept * (levels + 1);
}
