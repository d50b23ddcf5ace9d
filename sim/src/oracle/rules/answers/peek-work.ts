// P4: a peek is a bounded step (rev-B6): it compares about as many messages as it shows, however many wait; and
// what is shown in one turn is bounded, however many peeks wait. Comparisons of messages are counted while a peek waits at a leader, from outside: each reads the
// partition's mode or asks which message is older. Judged are turns in which nothing else compares messages:
// no entry of the group was applied, and nobody asked for candidates.

import type { Mode, Partition, PeerMessage } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen } from "../views/watched.js";

interface WaitingRead {
  readonly action: { readonly type: string; readonly limit?: number };
}

interface ReadableReplica {
  readonly id: number;
  readonly isServing: boolean;
  readonly reads: ReadonlyMap<number, WaitingRead>;
  readonly confirmedReads: readonly WaitingRead[];
  readonly machine: { readonly kind: string; readonly partition?: Partition };
}

interface ReadableHost {
  readonly context: {
    readonly groups: ReadonlyMap<number, ReadableReplica>;
    readonly config: { readonly limits: { readonly turnRowsMax: number } };
  };
}

/** One partition at a leader for which peeks wait. */
interface Watch {
  comparisons: number;
  /** Something else compared messages in this turn. */
  isBusy: boolean;
  /** The peeks that waited when the turn before ended. */
  peeks: readonly WaitingRead[];
}

/** Of a node without peeks, as nearly all are after nearly every turn: nothing is made for them. */
const NO_WATCHES: ReadonlyMap<number, Watch> = new Map();
const NO_PEEKS: readonly WaitingRead[] = [];
const NOTHING_SERVED: readonly number[] = [];

export class PeekWork implements Rule {
  private world: { readonly queue: { readonly nowUs: number } } | undefined;
  private readonly watches = new WeakMap<Partition, Watch>();
  /** By node: those with peeks now, by group. */
  private readonly waiting = new Map<number, ReadonlyMap<number, Watch>>();

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
    const before = this.waiting.get(node) ?? NO_WATCHES;
    let now: Map<number, Watch> | undefined;
    let served = NOTHING_SERVED;
    for (const replica of host.context.groups.values()) {
      const { partition } = replica.machine;
      if (!partition) continue;
      const peeks = peeksOf(replica);
      const watch = before.get(replica.id);
      if (watch && this.watches.get(partition) === watch)
        this.judge(node, replica.id, watch, partition);
      // Those that nobody serves any more are refused.
      if (watch && replica.isServing) {
        served = [...served, ...watch.peeks.filter((p) => !peeks.includes(p)).map(limitOf)];
      }
      if (peeks.length === 0) continue;
      now ??= new Map();
      now.set(replica.id, this.watched(partition, peeks));
    }
    if (now || before.size > 0) this.waiting.set(node, now ?? NO_WATCHES);
    if (served.length > 0) this.judgeTurn(node, served, host.context.config.limits.turnRowsMax);
  }

  /** What is begun with a row left in the budget goes on. */
  private judgeTurn(node: number, served: readonly number[], rowsMax: number): void {
    const rows = served.reduce((sum, limit) => sum + limit, 0);
    if (rows - Math.max(0, ...served) < rowsMax || served.length < 2) return;
    const what = `${served.length} peeks at ${rows} messages in one turn`;
    throw new RuleBroken({
      rule: "P4",
      message: `n${node} served ${what}; the budget of a turn is ${rowsMax}`,
      second: seen({ atUs: this.world?.queue.nowUs ?? 0, node }, what),
      about: `n${node}`,
    });
  }

  private judge(node: number, group: number, watch: Watch, partition: Partition): void {
    const held = partition.counts.totalMessages + partition.counts.dlqMessages;
    const limits = watch.peeks.map(limitOf);
    const most = limits.reduce((sum, limit) => sum + peekComparisons(held, limit), 0);
    if (watch.isBusy || watch.comparisons <= most) return;
    const what = `${watch.comparisons} comparisons for peeks at ${limits.join(", ")} of ${held} messages`;
    throw new RuleBroken({
      rule: "P4",
      message: `n${node} made ${what} of group ${group} in one turn; ${most} are enough`,
      second: seen({ atUs: this.world?.queue.nowUs ?? 0, node }, what),
      about: `group ${group}:`,
    });
  }

  private watched(partition: Partition, peeks: readonly WaitingRead[]): Watch {
    const watch = this.watches.get(partition) ?? this.count(partition);
    watch.comparisons = 0;
    watch.isBusy = false;
    watch.peeks = peeks;
    return watch;
  }

  private count(partition: Partition): Watch {
    const watch: Watch = { comparisons: 0, isBusy: false, peeks: [] };
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

function peeksOf({ reads, confirmedReads }: ReadableReplica): readonly WaitingRead[] {
  if (reads.size === 0 && confirmedReads.length === 0) return NO_PEEKS;
  return [...reads.values(), ...confirmedReads].filter(({ action }) => action.type === "read.peek");
}

function limitOf({ action }: WaitingRead): number {
  return action.limit ?? 0;
}

/** At most: for each that is shown four more are put in order among those that may come next. */
export function peekComparisons(held: number, limit: number): number {
  const shown = Math.min(held, limit);
  return 4 * (shown + 1) * (32 - Math.clz32(3 * shown + 4));
}
