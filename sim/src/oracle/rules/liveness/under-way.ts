// L12: what a node's leaders have under way is counted right, of each group for the present leadership alone
// (rev-B5), and bounded for the node and for each of its links, not only for each group (rev-B15). A group that has nothing under way may begin, whatever the others have, and
// the last one may go beyond; so of each group the first and the last do not count.
// L13: a node runs no turn after the other while nothing changes: it would take a whole processor for nothing.

import type { Host } from "@disheap/core";
import type { World } from "../../../world/world.js";
import { RuleBroken, type Rule } from "../../oracle.js";

type Replica = Host["context"]["groups"] extends ReadonlyMap<number, infer S> ? S : never;

const IDLE_TURNS_MAX = 300;

interface Calm {
  readonly state: string;
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
    const what = "bytes of entries that it proposed and has not applied";
    let counted = 0;
    let between = 0;
    for (const replica of groups.values()) {
      counted += replica.proposedBytes;
      const own: number[] = [];
      for (const [, { term, bytes }] of replica.proposed.entries()) {
        if (term === replica.proposedTerm) own.push(bytes);
      }
      between += withoutEnds(own);
      this.same(node, `${what}, of group ${replica.id}`, replica.proposedBytes, sumOf(own));
    }
    this.same(node, what, budgets.proposedBytes, counted);
    this.bounded(node, what, between, config.limits.proposedBytesMax);
  }

  private checkAppends(node: number, host: Host): void {
    const { context } = host;
    for (const peer of context.members) {
      if (peer === context.self) continue;
      let counted = 0;
      let between = 0;
      for (const replica of context.groups.values()) {
        const flights = flightsTo(replica, peer);
        counted += sumOf(flights);
        between += withoutEnds(flights);
      }
      const what = `bytes of log on their way to n${peer}`;
      this.same(node, what, context.appendWindow(peer).bytes, counted);
      this.bounded(node, what, between, context.config.limits.linkBytesMax);
    }
  }

  private checkTurns(node: number, host: Host): void {
    if (!host.wantsTurn) {
      this.calm.delete(node);
      return;
    }
    const state = stateOf(host);
    const calm = this.calm.get(node);
    if (calm?.state !== state) {
      this.calm.set(node, { state, turns: 0 });
      return;
    }
    calm.turns += 1;
    if (calm.turns < IDLE_TURNS_MAX) return;
    this.broken("L13", node, `ran ${calm.turns} turns after each other in which nothing changed`);
  }

  private same(node: number, what: string, says: number, is: number): void {
    if (says !== is) this.broken("L12", node, `counts ${says} ${what}; there are ${is}`);
  }

  private bounded(node: number, what: string, found: number, most: number): void {
    if (found > most) this.broken("L12", node, `has ${found} ${what}; it may have ${most}`);
  }

  private broken(rule: string, node: number, what: string): never {
    const atUs = this.world?.queue.nowUs ?? 0;
    throw new RuleBroken({ rule, message: `n${node} ${what}`, second: { atUs, node, text: what } });
  }
}

function flightsTo({ raft }: Replica, peer: number): readonly number[] {
  if (!raft.isLeader) return [];
  return raft.progress.get(peer)?.inflight.map(({ bytes }) => bytes) ?? [];
}

function withoutEnds(bytes: readonly number[]): number {
  return sumOf(bytes.slice(1, -1));
}

function sumOf(bytes: readonly number[]): number {
  return bytes.reduce((sum, one) => sum + one, 0);
}

function stateOf({ context }: Host): string {
  let moved = 0;
  for (const { raft, queue } of context.groups.values()) {
    moved += raft.appliedIndex + raft.log.lastIndex + queue.length;
  }
  return `${context.framesSent} ${moved}`;
}
