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
  private readonly guard: (slot: Replica, step: () => void) => void;
  private next = 0;
  /** Blocks read back for a replica that is catching up with its own log. */
  private readonly fetched = new Map<number, Block[]>();
  entriesApplied = 0;

  private readonly onServing: (slot: Replica) => void;
  private readonly onMetaApplied: () => void;

  constructor(options: {
    readonly context: HostContext;
    readonly leader: Leader;
    readonly reads: LogReads;
    readonly guard: (slot: Replica, step: () => void) => void;
    readonly onServing: (slot: Replica) => void;
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
    const slots = this.context.touchedInOrder();
    const budget = { entries: turnApplyEntriesMax, bytes: turnApplyBytesMax };
    for (let i = 0; i < slots.length; i += 1) {
      const slot = slots[(this.next + i) % slots.length];
      this.guard(slot, () => this.applySlot(slot, budget));
    }
    this.next = slots.length === 0 ? 0 : (this.next + 1) % slots.length;
    for (const slot of slots) if (isIdle(slot)) this.context.touched.delete(slot);
    return budget.entries <= 0 || budget.bytes <= 0;
  }

  private applySlot(slot: Replica, budget: { entries: number; bytes: number }): void {
    const g = slot.raft;
    if (slot.machineStoppedBecause !== undefined) {
      this.forget(slot);
      g.log.evict(g.durableIndex, this.context.config.limits.logTailBytesMax);
      return;
    }
    if (slot.newCommit > 0) {
      this.context.observer?.committed?.(slot.id, slot.newCommit);
      slot.newCommit = 0;
    }
    for (;;) {
      const until = Math.min(g.commitIndex, g.durableIndex);
      const from = g.appliedIndex + 1;
      if (from > until || budget.entries <= 0 || budget.bytes <= 0) break;
      const block = this.blockFor(slot, from);
      if (!block) break;
      const { last } = g.log.rangeAt(from);
      const to = Math.min(last, until, from + budget.entries - 1);
      eachEntry(block, from, to, (entry) => this.applyEntry(slot, entry));
      budget.entries -= to - from + 1;
      budget.bytes -= block.bytes.length;
      if (slot.machine.kind === "cluster") this.onMetaApplied();
    }
    this.letGo(slot);
    g.log.evict(g.appliedIndex, this.context.config.limits.logTailBytesMax);
    if (g.isReady && !slot.isServing && g.appliedIndex >= g.termStartIndex) {
      this.leader.startServing(slot);
      this.onServing(slot);
    }
    this.leader.serveReads(slot);
    this.leader.updateDue(slot);
  }

  private blockFor(slot: Replica, index: LogIndex): Block | undefined {
    const held = slot.raft.log.blockAt(index);
    if (held) {
      this.fetched.delete(slot.id);
      return held;
    }
    const { first } = slot.raft.log.rangeAt(index);
    const read = this.fetched.get(slot.id)?.find((b) => b.first === first);
    if (read) return read;
    this.fetched.delete(slot.id);
    if (!slot.isFetchingForApply) {
      slot.isFetchingForApply = true;
      this.reads.request(slot, { type: "apply" }, index);
    }
    return undefined;
  }

  /** What was read back and is applied is of no use any more; maybe nothing comes after it for long. */
  private letGo(slot: Replica): void {
    const last = this.fetched.get(slot.id)?.at(-1);
    if (!last || slot.raft.appliedIndex < last.first + last.count - 1) return;
    this.fetched.delete(slot.id);
  }

  /** Its topic was deleted, or it stopped: what was read back for it is of no use any more. */
  forget(slot: Replica): void {
    this.fetched.delete(slot.id);
  }

  get fetchedCount(): number {
    return this.fetched.size;
  }

  refilled(slot: Replica, blocks: Block[]): void {
    slot.isFetchingForApply = false;
    this.fetched.set(slot.id, blocks);
  }

  private applyEntry(slot: Replica, entry: EntryView): void {
    const { machine, raft } = slot;
    const waiting = slot.proposed.get(entry.index);
    const results: IntentResult[] | undefined = waiting?.term === entry.term ? [] : undefined;
    const { observer } = this.context;
    if (machine.kind === "partition") {
      machine.partition.listener = observer?.machineEvent
        ? (event) => observer.machineEvent?.(slot.id, entry.index, entry.stampMs, event)
        : undefined;
    }
    const state = machine.kind === "cluster" ? machine.cluster : machine.partition;
    state.apply(entry, results);
    observer?.applied(slot.id, entry, state.hash.hi, state.hash.lo);
    raft.appliedIndex = entry.index;
    this.entriesApplied += 1;
    this.leader.applied(slot, entry.index, entry.term, results);
  }
}

/** Nothing is left to do for the group until something happens to it. */
function isIdle(slot: Replica): boolean {
  const { raft, machine } = slot;
  if (slot.machineStoppedBecause !== undefined) return true;
  if (slot.queue.length > 0 || slot.confirmedReads.length > 0) return false;
  if (slot.digests.length > 0) return false;
  if (raft.appliedIndex < Math.min(raft.commitIndex, raft.durableIndex)) return false;
  const hasReady = machine.kind === "partition" && machine.partition.ready.size > 0;
  return !(slot.standing.size > 0 && hasReady);
}
