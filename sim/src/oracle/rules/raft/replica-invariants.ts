// What the core's state holders say of themselves after each turn (GRP, PRG and LOG of core/src/raft): every
// replica of a node is in a legal state between two steps. One that stopped, or that a fault of the plan broke,
// is left out. All of a replica is looked at after every turn, also when the turn did not step it: what a group has in
// flight is counted in a window that its node's groups share, and its batch is taken outside of its steps. Only the
// walk over the blocks in memory waits until the log says that it changed; no one else can change it.

import { InvariantViolation } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen, type HostView, type ReplicaView, type Watched } from "../views/watched.js";

/** How many of the newest blocks of a log are looked at after each turn; at the end of a run it is all. */
const NEWEST_BLOCKS = 4;

interface Planted extends Watched {
  isPlanted?(node: number, group: number): boolean;
}

export class ReplicaInvariants implements Rule {
  private world: Planted | undefined;
  /** How often the log of a replica had changed when it was looked at last. */
  private readonly seen = new WeakMap<ReplicaView, number>();

  attach(world: Planted): void {
    this.world = world;
  }

  afterTurn(node: number, host: HostView): void {
    for (const replica of host.context.groups.values()) {
      const { changes } = replica.raft.log;
      const isSeen = changes !== undefined && this.seen.get(replica) === changes;
      if (changes !== undefined && !isSeen) this.seen.set(replica, changes);
      this.look(node, replica, isSeen ? 0 : NEWEST_BLOCKS);
    }
  }

  finish(): void {
    for (const { number } of this.world?.nodes ?? []) {
      const groups = this.world?.host(number)?.context.groups ?? new Map<number, ReplicaView>();
      for (const replica of groups.values()) this.look(number, replica, Infinity);
    }
  }

  private look(node: number, replica: ReplicaView, blocks: number): void {
    const group = replica.raft.id;
    if (replica.stoppedBecause !== undefined || this.world?.isPlanted?.(node, group) === true)
      return;
    try {
      replica.raft.assertInvariants?.(blocks);
    } catch (error) {
      if (!(error instanceof InvariantViolation)) throw error;
      throw new RuleBroken({
        rule: error.message.slice(0, error.message.indexOf(":")),
        message: `n${node}, group ${group}: ${error.message}`,
        second: seen({ atUs: this.world?.queue.nowUs ?? 0, node }, error.message),
        about: `group ${group}:`,
      });
    }
  }
}
