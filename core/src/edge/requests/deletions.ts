// Deletions end by themselves (D-51). The node that leads the meta group drives each topic that is being
// deleted: it has the partitions closed, then the topic removed. What is left to do stands in the meta table,
// so whoever leads next goes on with it, and the crash of any node holds up nothing. The node that a client
// asked only waits until the topic is gone.

import type { ClusterMachine } from "../../cluster/cluster.js";
import type { TopicRecord } from "../../cluster/cluster-state.js";
import type { HostContext } from "../../member/context.js";
import { identityOf } from "./operation.js";

/** After a drive that failed, say because a partition has no leader. */
const AGAIN_MS = 500;

export class Deletions {
  private readonly context: HostContext;
  /** By first group: driven from here, and when it may be driven again; Infinity while it is under way. */
  private readonly driven = new Map<number, number>();
  /** By operation: the very topic whose end its client waits for. */
  private readonly waiting = new Map<number, TopicRecord>();

  constructor(context: HostContext) {
    this.context = context;
  }

  /** Topics to be driven from here, beginning now; each is `ended` later. */
  take(): TopicRecord[] {
    const meta = this.context.groups.get(0);
    if (!meta?.isServing || meta.machine.kind !== "cluster") return [];
    const due: TopicRecord[] = [];
    for (const record of meta.machine.cluster.deleting.values()) {
      const { firstGroup } = identityOf(record);
      if (this.context.monotonicMs < (this.driven.get(firstGroup) ?? 0)) continue;
      this.driven.set(firstGroup, Infinity);
      due.push(record);
    }
    return due;
  }

  /** A drive is over; a topic that is still there is driven again. */
  ended(record: TopicRecord, isDone: boolean): void {
    const { firstGroup } = identityOf(record);
    if (isDone) this.driven.delete(firstGroup);
    else this.driven.set(firstGroup, this.context.monotonicMs + AGAIN_MS);
  }

  wait(operation: number, record: TopicRecord): void {
    this.waiting.set(operation, record);
  }

  /** Operations whose topic is gone from the local table. */
  takeGone(cluster: ClusterMachine | undefined): number[] {
    if (this.waiting.size === 0 || !cluster) return [];
    const gone: number[] = [];
    for (const [operation, record] of this.waiting) {
      const now = cluster.topics.get(record.topic);
      if (now && identityOf(now).firstGroup === identityOf(record).firstGroup) continue;
      this.waiting.delete(operation);
      gone.push(operation);
    }
    return gone;
  }

  /** Operations that wait, for a look at their deadlines. */
  get waiters(): readonly number[] {
    return [...this.waiting.keys()];
  }

  forget(operation: number): void {
    this.waiting.delete(operation);
  }
}
