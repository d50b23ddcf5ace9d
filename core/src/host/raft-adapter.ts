// What Raft replicas need of their host: sends, persists, reads of old log blocks, and news of roles.

import type { Crc32 } from "../lib/crc32.js";
import type { AppendWindow } from "../raft/append-window.js";
import type { RaftGroup, RaftHost } from "../raft/group.js";
import type { PeerMessage } from "../wire/messages.js";
import type { HostContext } from "../member/context.js";
import type { Replica } from "../member/replica.js";
import type { Leader } from "../leader/leader.js";
import type { LogReads } from "../store/log-reads.js";
import type { Persistence } from "../store/persistence.js";

/** Nothing is heard of a write before it is done. For each of these it may take the stall limit once more. */
const STALL_BYTES = 2 << 20;

export class RaftAdapter implements RaftHost {
  readonly crc: Crc32;
  private readonly context: HostContext;
  private readonly persistence: Persistence;
  private readonly reads: LogReads;
  private readonly leader: Leader;
  private readonly onRoleChanged: (slot: Replica) => void;

  constructor(options: {
    readonly context: HostContext;
    readonly persistence: Persistence;
    readonly reads: LogReads;
    readonly leader: Leader;
    readonly onRoleChanged: (slot: Replica) => void;
  }) {
    this.context = options.context;
    this.crc = options.context.crc;
    this.persistence = options.persistence;
    this.reads = options.reads;
    this.leader = options.leader;
    this.onRoleChanged = options.onRoleChanged;
  }

  private slotOf(group: RaftGroup): Replica | undefined {
    return this.context.groups.get(group.id);
  }

  monotonicMs(): number {
    return this.context.monotonicMs;
  }

  wallMs(): number {
    return this.context.wallMs;
  }

  send(peer: number, message: PeerMessage): void {
    this.context.send(peer, message);
  }

  dropUnsent(group: RaftGroup, peer: number): void {
    this.context.dropAppends(group.id, peer);
  }

  sendAfterPersist(group: RaftGroup, peer: number, message: PeerMessage): void {
    const slot = this.slotOf(group);
    if (!slot) return;
    slot.held.push({ seq: group.dependsOnSeq, peer, message });
    this.releaseHeld(slot);
  }

  /** Sends what waited for persists that are synced now, as of this moment (D-52). */
  releaseHeld(slot: Replica): void {
    const g = slot.raft;
    while (slot.held.length > 0 && slot.held[0].seq <= g.durableSeq) {
      const held = slot.held.shift();
      if (held) this.sendHeld(g, held.peer, held.message);
    }
  }

  private sendHeld(g: RaftGroup, peer: number, message: PeerMessage): void {
    if (message.kind === "append.reply") {
      if (message.term !== g.term) return;
      const index = message.accepted ? Math.min(message.index, g.durableIndex) : message.index;
      this.context.send(peer, { ...message, index, wallMs: this.context.wallMs });
    } else if (message.kind === "beat.reply") {
      if (message.items.some((item) => item.term !== g.term)) return;
      this.context.send(peer, { ...message, wallMs: this.context.wallMs });
    } else if (message.kind !== "vote" && message.kind !== "vote.reply") {
      this.context.send(peer, message);
    } else if (message.term === g.term) this.context.send(peer, message);
  }

  markDirty(group: RaftGroup): void {
    const slot = this.slotOf(group);
    if (slot) this.persistence.markDirty(slot);
  }

  fetchLog(group: RaftGroup, peer: number, from: number): void {
    const slot = this.slotOf(group);
    if (slot) this.reads.request(slot, { type: "replicate", peer }, from);
  }

  roleChanged(group: RaftGroup): void {
    const slot = this.slotOf(group);
    if (!slot) return;
    this.context.observer?.roleChanged(group.id, group.term, group.role, group.leader);
    if (!group.isLeader) this.leader.lostLeadership(slot);
    this.onRoleChanged(slot);
  }

  leaderReady(): void {
    // Serving starts once the term's first entry is applied here (apply.ts).
    this.context.wantsTurn = true;
  }

  readConfirmed(group: RaftGroup, index: number, context: number): void {
    const slot = this.slotOf(group);
    if (slot) this.leader.readConfirmed(slot, index, context);
  }

  isOpen(peer: number): boolean {
    return this.context.isOpenTo(peer);
  }

  appendWindow(peer: number): AppendWindow {
    return this.context.appendWindow(peer);
  }

  isDiskStalled(): boolean {
    const { monotonicMs, config } = this.context;
    return this.persistence.writingForMs(monotonicMs) > config.timing.diskStallMs;
  }

  isDiskStuck(): boolean {
    const { monotonicMs, config } = this.context;
    const { diskStallMs } = config.timing;
    const mayTakeMs = diskStallMs * (1 + this.persistence.writingBytes / STALL_BYTES);
    return this.persistence.writingForMs(monotonicMs) > mayTakeMs;
  }

  proposeNoop(group: RaftGroup): void {
    const slot = this.slotOf(group);
    if (slot) this.leader.proposeNoop(slot);
  }
}
