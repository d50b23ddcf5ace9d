// L12: what a node's leaders have under way is counted right, of each group for the present leadership alone
// (rev-B5), and bounded for the node and for each of its links, not only for each group (rev-B15). A group that has nothing under way may begin, whatever the others have, and
// the last one may go beyond; so of each group the first and the last do not count.
// L13: a node runs no turn after the other while nothing changes: it would take a whole processor for nothing.

import type { Host } from "@disheap/core";
import type { World } from "../../../world/world.js";
import { RuleBroken, type Rule } from "../../oracle.js";

type Replica = Host["context"]["groups"] extends ReadonlyMap<number, infer S> ? S : never;

const IDLE_TURNS_MAX = 300;
const PROPOSED = "bytes of entries that it proposed and has not applied";
const NONE: readonly never[] = [];

/** What a node had sent and done when it last did something, and its turns since. */
interface Calm {
  readonly framesSent: number;
  readonly moved: number;
  turns: number;
}

export class UnderWay implements Rule {
  private world: World | undefined;
  private readonly calm = new Map<number, Calm>();

  attach(world: World): void {
    this.world = world;
  }

  afterTurn(node: number, host: Host): void {
    if (!host.isReady) return;
    this.checkProposed(node, host);
    this.checkAppends(node, host);
    this.checkTurns(node, host);
  }

  private checkProposed(node: number, host: Host): void {
    const { budgets, groups, config } = host.context;
    let counted = 0;
    let between = 0;
    for (const replica of groups.values()) {
      counted += replica.proposedBytes;
      const own = proposedOf(replica);
      between += withoutEnds(own);
      const is = sumOf(own);
      if (replica.proposedBytes !== is) {
        this.differs(node, `${PROPOSED}, of group ${replica.id}`, replica.proposedBytes, is);
      }
    }
    if (budgets.proposedBytes !== counted) {
      this.differs(node, PROPOSED, budgets.proposedBytes, counted);
    }
    this.bounded(node, PROPOSED, between, config.limits.proposedBytesMax);
  }

  private checkAppends(node: number, host: Host): void {
    const { context } = host;
    for (const peer of context.members) {
      if (peer === context.self) continue;
      let counted = 0;
      let between = 0;
      for (const replica of context.groups.values()) {
        const flights = flightsTo(replica, peer);
        for (let i = 0; i < flights.length; i += 1) {
          counted += flights[i].bytes;
          if (i > 0 && i < flights.length - 1) between += flights[i].bytes;
        }
      }
      const { bytes } = context.appendWindow(peer);
      const what = "bytes of log on their way to n";
      if (bytes !== counted) this.differs(node, `${what}${peer}`, bytes, counted);
      const most = context.config.limits.linkBytesMax;
      if (between > most) this.bounded(node, `${what}${peer}`, between, most);
    }
  }

  private checkTurns(node: number, host: Host): void {
    if (!host.wantsTurn) {
      this.calm.delete(node);
      return;
    }
    const { framesSent } = host.context;
    const moved = movedIn(host);
    const calm = this.calm.get(node);
    if (calm?.framesSent !== framesSent || calm.moved !== moved) {
      this.calm.set(node, { framesSent, moved, turns: 0 });
      return;
    }
    calm.turns += 1;
    if (calm.turns < IDLE_TURNS_MAX) return;
    this.broken("L13", node, `ran ${calm.turns} turns after each other in which nothing changed`);
  }

  private differs(node: number, what: string, says: number, is: number): never {
    this.broken("L12", node, `counts ${says} ${what}; there are ${is}`);
  }

  private bounded(node: number, what: string, found: number, most: number): void {
    if (found > most) this.broken("L12", node, `has ${found} ${what}; it may have ${most}`);
  }

  private broken(rule: string, node: number, what: string): never {
    const atUs = this.world?.queue.nowUs ?? 0;
    throw new RuleBroken({ rule, message: `n${node} ${what}`, second: { atUs, node, text: what } });
  }
}

function flightsTo({ raft }: Replica, peer: number): readonly { readonly bytes: number }[] {
  return (raft.isLeader ? raft.progress.get(peer)?.inflight : undefined) ?? NONE;
}

/** Bytes of each entry of the present leadership that is under way. */
function proposedOf({ proposed, proposedTerm }: Replica): readonly number[] {
  if (proposed.size === 0) return NONE;
  const own: number[] = [];
  for (const [, { term, bytes }] of proposed.entries()) if (term === proposedTerm) own.push(bytes);
  return own;
}

function withoutEnds(bytes: readonly number[]): number {
  return bytes.length < 3 ? 0 : sumOf(bytes.slice(1, -1));
}

function sumOf(bytes: readonly number[]): number {
  return bytes.reduce((sum, one) => sum + one, 0);
}

function movedIn({ context }: Host): number {
  let moved = 0;
  for (const { raft, queue } of context.groups.values()) {
    moved += raft.appliedIndex + raft.log.lastIndex + queue.length;
  }
  return moved;
}
