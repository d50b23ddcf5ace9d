// Carries out what the steps of Raft replicas ask for (raft/outputs.ts): sends, persists, reads of old log
// blocks, and news of roles, commits and reads. In the order of the list, right after the step that wrote it.

import type { Member } from "../lib/brands.js";
import { Outputs, type Output } from "../raft/outputs.js";
import type { RaftGroup } from "../raft/group.js";
import { assert, assertNever } from "../lib/assert.js";
import type { PeerMessage } from "../wire/messages.js";
import type { HostContext } from "../member/context.js";
import type { Replica } from "../member/replica.js";
import type { Leader } from "../leader/leader.js";
import type { LogReads } from "../store/log-reads.js";
import type { Persistence } from "../store/persistence.js";

interface RaftEffectsParts {
  readonly context: HostContext;
  readonly persistence: Persistence;
  readonly reads: LogReads;
  readonly leader: Leader;
  /** A replica here follows another leader than before, or leads. */
  readonly leaderChanged: (replica: Replica) => void;
}

export class RaftEffects {
  /** Of all groups of this node: they step one at a time, each in a guard (host.ts). */
  readonly outputs = new Outputs();
  private readonly parts: RaftEffectsParts;

  constructor(parts: RaftEffectsParts) {
    this.parts = parts;
  }

  /** A step of a group begins: what the one before asked for is done, or it would be taken for this one's. */
  begin(): void {
    assert(this.outputs.length === 0, "D-40: the step before must be carried out");
  }

  carryOut(replica: Replica): void {
    const { outputs } = this;
    // Carrying one out may add to the list: a new leader proposes.
    for (let i = 0; i < outputs.length; i += 1) this.carryOutOne(replica, outputs.at(i));
    outputs.clear();
    this.releaseHeld(replica);
  }

  /** A step broke an invariant: nothing of it leaves. */
  discard(): void {
    this.outputs.clear();
  }

  private carryOutOne(replica: Replica, output: Output): void {
    const { context, persistence, reads, leader } = this.parts;
    switch (output.kind) {
      case "send":
        context.send(output.peer, output.message);
        break;
      case "send.after-persist":
        replica.hold({ seq: output.seq, peer: output.peer, message: output.message });
        this.releaseHeld(replica);
        break;
      case "drop-unsent":
        context.dropAppends(replica.id, output.peer);
        break;
      case "persist":
        persistence.markDirty(replica);
        break;
      case "fetch-log":
        reads.request(replica, { type: "replicate", peer: output.peer }, output.from);
        break;
      case "role-changed":
        this.roleChanged(replica, output);
        break;
      case "committed":
        replica.newCommit = output.index;
        break;
      case "ready":
        // Serving starts once the term's first entry is applied here (apply.ts).
        context.wantsTurn = true;
        break;
      case "read-confirmed":
        leader.readConfirmed(replica, output.index, output.read);
        break;
      default:
        assertNever(output, "D-40: no such output of a replica");
    }
  }

  private roleChanged(
    replica: Replica,
    { term, role, leader }: Extract<Output, { kind: "role-changed" }>,
  ): void {
    this.parts.context.observer?.roleChanged(replica.id, term, role, leader);
    if (role !== "leader") this.parts.leader.lostLeadership(replica);
    if (leader !== 0) this.parts.leaderChanged(replica);
    if (role === "leader") this.parts.leader.proposeNoop(replica);
  }

  /** Sends what waited for persists that are synced now, as of this moment (D-52). */
  private releaseHeld(replica: Replica): void {
    const g = replica.raft;
    while (replica.held.length > 0 && replica.held[0].seq <= g.durableSeq) {
      const held = replica.held.shift();
      if (held) this.sendHeld(g, held.peer, held.message);
    }
  }

  private sendHeld(g: RaftGroup, peer: Member, message: PeerMessage): void {
    const { context } = this.parts;
    if (message.kind === "append.reply") {
      if (message.term !== g.term) return;
      const index = message.accepted ? Math.min(message.index, g.durableIndex) : message.index;
      context.send(peer, { ...message, index, wallMs: context.wallMs });
    } else if (message.kind === "beat.reply") {
      if (message.items.some((item) => item.term !== g.term)) return;
      context.send(peer, { ...message, wallMs: context.wallMs });
    } else if (message.kind !== "vote" && message.kind !== "vote.reply") {
      context.send(peer, message);
    } else if (message.term === g.term) context.send(peer, message);
  }
}
