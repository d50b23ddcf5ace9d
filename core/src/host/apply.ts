// Applies what is committed and durable here, round-robin over groups within a budget of entries and
// bytes (D-56), so that one hot group cannot hold up another.

import type { LogIndex } from "../lib/brands.js";
import type { IntentResult } from "../machine/results.js";
import { eachEntry, type Block, type EntryView } from "../wire/blocks.js";
import type { HostContext } from "../member/context.js";
import type { Replica } from "../member/replica.js";
import type { Leader } from "../leader/leader.js";
import type { LogReads } from "../store/log-reads.js";

export class Applier {
  private readonly context: HostContext;
  private readonly leader: Leader;
  private readonly reads: LogReads;
  private readonly guard: (replica: Replica, step: () => void) => void;
  private next = 0;
  /** Blocks read back for a replica that is catching up with its own log. */
  private readonly fetched = new Map<number, Block[]>();
  entriesApplied = 0;

  private readonly onServing: (replica: Replica) => void;
  private readonly onMetaApplied: () => void;

  constructor(options: {
    readonly context: HostContext;
    readonly leader: Leader;
    readonly reads: LogReads;
    readonly guard: (replica: Replica, step: () => void) => void;
    readonly onServing: (replica: Replica) => void;
    readonly onMetaApplied: () => void;
  }) {
    this.context = options.context;
    this.leader = options.leader;
    this.reads = options.reads;
    this.guard = options.guard;
    this.onServing = options.onServing;
    this.onMetaApplied = options.onMetaApplied;
  }

  /** True when something is left for the next turn. */
  run(): boolean {
    const { turnApplyEntriesMax, turnApplyBytesMax } = this.context.config.limits;
    const replicas = this.context.touchedInOrder();
    const budget = { entries: turnApplyEntriesMax, bytes: turnApplyBytesMax };
    for (let i = 0; i < replicas.length; i += 1) {
      const replica = replicas[(this.next + i) % replicas.length];
      this.guard(replica, () => this.applyReplica(replica, budget));
    }
    this.next = replicas.length === 0 ? 0 : (this.next + 1) % replicas.length;
    for (const replica of replicas) if (isIdle(replica)) this.context.touched.delete(replica);
    return budget.entries <= 0 || budget.bytes <= 0;
  }

  private applyReplica(replica: Replica, budget: { entries: number; bytes: number }): void {
    const g = replica.raft;
    if (replica.machineStoppedBecause !== undefined) {
      this.forget(replica);
      g.log.evict(g.durableIndex, this.context.config.limits.logTailBytesMax);
      return;
    }
    if (replica.newCommit > 0) {
      this.context.observer?.committed?.(replica.id, replica.newCommit);
      replica.newCommit = 0;
    }
    for (;;) {
      const until = Math.min(g.commitIndex, g.durableIndex);
      const from = g.appliedIndex + 1;
      if (from > until || budget.entries <= 0 || budget.bytes <= 0) break;
      const block = this.blockFor(replica, from);
      if (!block) break;
      const { last } = g.log.rangeAt(from);
      const to = Math.min(last, until, from + budget.entries - 1);
      eachEntry(block, from, to, (entry) => this.applyEntry(replica, entry));
      budget.entries -= to - from + 1;
      budget.bytes -= block.bytes.length;
      if (replica.machine.kind === "cluster") this.onMetaApplied();
    }
    this.letGo(replica);
    g.log.evict(g.appliedIndex, this.context.config.limits.logTailBytesMax);
    if (g.isReady && !replica.isServing && g.appliedIndex >= g.termStartIndex) {
      this.leader.startServing(replica);
      this.onServing(replica);
    }
    this.leader.serveReads(replica);
    this.leader.updateDue(replica);
  }

  private blockFor(replica: Replica, index: LogIndex): Block | undefined {
    const held = replica.raft.log.blockAt(index);
    if (held) {
      this.fetched.delete(replica.id);
      return held;
    }
    const { first } = replica.raft.log.rangeAt(index);
    const read = this.fetched.get(replica.id)?.find((b) => b.first === first);
    if (read) return read;
    this.fetched.delete(replica.id);
    if (!replica.isFetchingForApply) {
      replica.isFetchingForApply = true;
      this.reads.request(replica, { type: "apply" }, index);
    }
    return undefined;
  }

  /** What was read back and is applied is of no use any more; maybe nothing comes after it for long. */
  private letGo(replica: Replica): void {
    const last = this.fetched.get(replica.id)?.at(-1);
    if (!last || replica.raft.appliedIndex < last.first + last.count - 1) return;
    this.fetched.delete(replica.id);
  }

  /** Its topic was deleted, or it stopped: what was read back for it is of no use any more. */
  forget(replica: Replica): void {
    this.fetched.delete(replica.id);
  }

  get fetchedCount(): number {
    return this.fetched.size;
  }

  refilled(replica: Replica, blocks: Block[]): void {
    replica.isFetchingForApply = false;
    this.fetched.set(replica.id, blocks);
  }

  private applyEntry(replica: Replica, entry: EntryView): void {
    const { machine, raft } = replica;
    const waiting = replica.proposed.get(entry.index);
    const results: IntentResult[] | undefined = waiting?.term === entry.term ? [] : undefined;
    const { observer } = this.context;
    if (machine.kind === "partition") {
      machine.partition.listener = observer?.machineEvent
        ? (event) => observer.machineEvent?.(replica.id, entry.index, entry.stampMs, event)
        : undefined;
    }
    const state = machine.kind === "cluster" ? machine.cluster : machine.partition;
    state.apply(entry, results);
    observer?.applied(replica.id, entry, state.hash.hi, state.hash.lo);
    raft.appliedIndex = entry.index;
    this.entriesApplied += 1;
    this.leader.applied(replica, entry.index, entry.term, results);
  }
}

/** Nothing is left to do for the group until something happens to it. */
function isIdle(replica: Replica): boolean {
  const { raft, machine } = replica;
  if (replica.machineStoppedBecause !== undefined) return true;
  if (replica.queue.length > 0 || replica.confirmedReads.length > 0) return false;
  if (replica.digests.length > 0) return false;
  if (raft.appliedIndex < Math.min(raft.commitIndex, raft.durableIndex)) return false;
  const hasReady = machine.kind === "partition" && machine.partition.ready.size > 0;
  return !(replica.standing.size > 0 && hasReady);
}
