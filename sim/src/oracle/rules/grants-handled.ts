// Q22: every item of a grant that comes to its edge is handed to its consumer's carrier or given back, in bounded
// time (E1). What an edge drops without a word is a lease that nobody holds: the leader's digest names it, the edge
// says that it has handled it, and the message is out of reach until the lease runs out (rev-B12).

import { decodeLeaseToken, type ClientEffect, type PeerMessage } from "@disheap/core";
import { aboutMessage } from "../event-log.js";
import { RuleBroken, type Rule } from "../oracle.js";
import { nameOf } from "./ledger.js";
import { leaseName, releasedLease } from "./leases-named.js";
import { seen, type SeenAt, type Watched } from "./watched.js";

/** A round is collected for 10 s at most; the rest is for narrow links that are full. */
const HANDLED_MAX_US = 20_000_000;
/** A node that made no turn for so long could do nothing. */
const AWAY_US = 500_000;

interface Came extends SeenAt {
  readonly message: { readonly group: number; readonly index: number; readonly offset: number };
  readonly fence: number;
  readonly text: string;
}

/** One life of a node as an edge. */
interface Edge {
  readonly incarnation: number;
  readonly waiting: Map<string, Came>;
  /** Handed over or given back. */
  readonly settled: Set<string>;
  lastTurnUs: number;
  /** When it could do something again. */
  backUs: number;
}

export class GrantsHandled implements Rule {
  private world: Watched | undefined;
  private readonly edges = new Map<number, Edge>();

  attach(world: Watched): void {
    this.world = world;
  }

  private get nowUs(): number {
    return this.world?.queue.nowUs ?? 0;
  }

  private edgeOf(node: number): Edge {
    const incarnation = this.world?.host(node)?.context.incarnation ?? 0;
    const known = this.edges.get(node);
    if (known?.incarnation === incarnation) return known;
    const edge: Edge = {
      incarnation,
      waiting: new Map(),
      settled: new Set(),
      lastTurnUs: 0,
      backUs: 0,
    };
    this.edges.set(node, edge);
    return edge;
  }

  received(node: number, message: PeerMessage): void {
    if (message.kind !== "granted" || message.items.length === 0) return;
    const edge = this.edgeOf(node);
    if (message.edgeIncarnation !== edge.incarnation) return;
    const { group, stream, round } = message;
    for (const { index, offset, fence } of message.items) {
      const name = leaseName(group, { index, offset }, fence);
      if (edge.settled.has(name) || edge.waiting.has(name)) continue;
      edge.waiting.set(name, {
        atUs: this.nowUs,
        node,
        message: { group, index, offset },
        fence,
        text: `entry ${message.index} granted lease ${fence} to stream ${stream}, round ${round}`,
      });
    }
  }

  clientEffect(node: number, effect: ClientEffect): void {
    if (effect.kind !== "stream.item") return;
    const { item } = effect;
    const token = decodeLeaseToken(item.leaseToken);
    if (token) this.settle(node, leaseName(token.group, token, item.fence));
  }

  sent(node: number, _to: number, message: PeerMessage): void {
    const name = releasedLease(message);
    if (name !== undefined) this.settle(node, name);
  }

  private settle(node: number, name: string): void {
    const edge = this.edgeOf(node);
    edge.waiting.delete(name);
    edge.settled.add(name);
  }

  afterTurn(node: number): void {
    const edge = this.edgeOf(node);
    const { nowUs } = this;
    if (nowUs - edge.lastTurnUs > AWAY_US) edge.backUs = nowUs;
    edge.lastTurnUs = nowUs;
    for (const [name, came] of edge.waiting) {
      // In the order in which they came: those behind are younger.
      if (nowUs - Math.max(came.atUs, edge.backUs) < HANDLED_MAX_US) return;
      edge.waiting.delete(name);
      if (this.isOpen(came.message.group)) this.broken(came);
    }
  }

  /** A partition of a deleted topic takes nothing back. */
  private isOpen(group: number): boolean {
    const slots = (this.world?.nodes ?? []).flatMap(({ number }) => {
      const slot = this.world?.host(number)?.context.groups.get(group);
      return slot ? [slot] : [];
    });
    const isClosed = slots.some(
      (s) => s.machine.kind === "partition" && s.machine.partition.isClosed,
    );
    return slots.length > 0 && !isClosed;
  }

  private broken({ message, fence, node, atUs, text }: Came): never {
    throw new RuleBroken({
      rule: "Q22",
      message: `${nameOf(message)}: lease ${fence} came to n${node}, which neither handed it to a consumer nor gave it back`,
      first: seen({ atUs, node }, text),
      second: seen({ atUs: this.nowUs, node }, "nothing was done with it since"),
      about: aboutMessage(message.index, message.offset),
    });
  }
}
