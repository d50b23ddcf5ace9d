// Q22: every item of a grant that comes to its edge is handed to its consumer's carrier or given back, in bounded
// time (E1). What an edge drops without a word is a lease that nobody holds: the leader's digest names it, the edge
// says that it has handled it, and the message is out of reach until the lease runs out (rev-B12). And what comes while
// the request that it answers is young, to an open stream of one partition, is handed over: given back, it costs
// entries for nothing, and more of them the slower a commit is (rev-B7).

import { decodeLeaseToken, type ClientEffect, type PeerMessage } from "@disheap/core";
import { aboutMessage } from "../../event-log.js";
import { RuleBroken, type Rule } from "../../oracle.js";
import { nameOf } from "../entries/ledger.js";
import { leaseName, releasedLease } from "./leases-named.js";
import { StandingRequests, type Answered } from "./standing-requests.js";
import { seen, type SeenAt, type Watched } from "../views/watched.js";

/** A round is collected for 10 s at most; the rest is for narrow links that are full. */
const HANDLED_MAX_US = 20_000_000;
type Granted = Extract<PeerMessage, { kind: "granted" }>;

/** A node that made no turn for so long could do nothing. */
const AWAY_US = 500_000;
/** Of a shorter lease a full link may keep the request until the lease is over. */
const SURE_LEASE_MS = 10_000;

interface Came extends SeenAt {
  readonly message: { readonly group: number; readonly index: number; readonly offset: number };
  readonly fence: number;
  readonly leaseMs: number;
  readonly answered: Answered | undefined;
  readonly text: string;
}

/** One life of a node as an edge. */
interface Edge {
  readonly incarnation: number;
  readonly waiting: Map<string, Came>;
  /** Handed over or given back. */
  readonly settled: Set<string>;
  /** Grants that a digest named before they came: what was live of them has gone back. */
  readonly named: Set<string>;
  /** Given back since the last turn. */
  back: Came[];
  lastTurnUs: number;
  /** When it could do something again. */
  backUs: number;
}

export class GrantsHandled implements Rule {
  private world: Watched | undefined;
  private readonly edges = new Map<number, Edge>();
  private readonly standing = new StandingRequests();

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
      named: new Set(),
      back: [],
      lastTurnUs: 0,
      backUs: 0,
    };
    this.edges.set(node, edge);
    return edge;
  }

  received(node: number, message: PeerMessage): void {
    if (message.kind !== "granted" && message.kind !== "digest") return;
    const edge = this.edgeOf(node);
    if (message.edgeIncarnation !== edge.incarnation) return;
    const { group } = message;
    if (message.kind === "digest") {
      for (const l of message.leases)
        edge.named.add(grantName(group, l.stream, l.grantIndex, l.round));
    } else if (message.items.length > 0) this.granted(node, edge, message);
  }

  private granted(node: number, edge: Edge, message: Granted): void {
    const { group, stream, round } = message;
    if (edge.named.has(grantName(group, stream, message.index, round))) return;
    const answered = this.standing.answeredBy(node, message);
    for (const { index, offset, fence, leaseMs } of message.items) {
      const name = leaseName(group, { index, offset }, fence);
      if (edge.settled.has(name) || edge.waiting.has(name)) continue;
      edge.waiting.set(name, {
        atUs: this.nowUs,
        node,
        message: { group, index, offset },
        fence,
        leaseMs,
        answered,
        text: `entry ${message.index} granted lease ${fence} to stream ${stream}, round ${round}`,
      });
    }
  }

  clientEffect(node: number, effect: ClientEffect): void {
    this.standing.clientEffect(node, effect);
    if (effect.kind !== "stream.item") return;
    const { item, streamId } = effect;
    const token = decodeLeaseToken(item.leaseToken);
    const came = token && this.settle(node, leaseName(token.group, token, item.fence));
    if (came?.answered) this.standing.learn(came.answered.stream, node, streamId);
  }

  sent(node: number, _to: number, message: PeerMessage): void {
    this.standing.sent(node, message, this.nowUs);
    const name = releasedLease(message);
    const came = name === undefined ? undefined : this.settle(node, name);
    if (came) this.edgeOf(node).back.push(came);
  }

  private settle(node: number, name: string): Came | undefined {
    const edge = this.edgeOf(node);
    const came = edge.waiting.get(name);
    edge.waiting.delete(name);
    edge.settled.add(name);
    return came;
  }

  afterTurn(node: number): void {
    const edge = this.edgeOf(node);
    const { nowUs } = this;
    if (nowUs - edge.lastTurnUs > AWAY_US) edge.backUs = nowUs;
    edge.lastTurnUs = nowUs;
    const { back } = edge;
    edge.back = [];
    for (const came of back) this.checkBack(came);
    for (const [name, came] of edge.waiting) {
      // In the order in which they came: those behind are younger.
      if (nowUs - Math.max(came.atUs, edge.backUs) < HANDLED_MAX_US) return;
      edge.waiting.delete(name);
      if (!this.isOpen(came.message.group)) continue;
      const what = "neither handed it to a consumer nor gave it back";
      this.broken(came, what, "nothing was done with it since");
    }
  }

  private checkBack(came: Came): void {
    const { answered, leaseMs, atUs } = came;
    if (!answered || answered.stream.isOut || leaseMs < SURE_LEASE_MS) return;
    const ageMs = (atUs - answered.sentUs) / 1000;
    if (ageMs >= leaseMs / 2) return;
    const what = `gave it back, though it answers a request of ${Math.round(ageMs)} ms ago for ${leaseMs} ms`;
    this.broken(came, what, "gave it back");
  }

  /** A partition of a deleted topic takes nothing back. */
  private isOpen(group: number): boolean {
    const replicas = (this.world?.nodes ?? []).flatMap(({ number }) => {
      const replica = this.world?.host(number)?.context.groups.get(group);
      return replica ? [replica] : [];
    });
    const isClosed = replicas.some(
      (s) => s.machine.kind === "partition" && s.machine.partition.isClosed,
    );
    return replicas.length > 0 && !isClosed;
  }

  private broken({ message, fence, node, atUs, text }: Came, what: string, then: string): never {
    throw new RuleBroken({
      rule: "Q22",
      message: `${nameOf(message)}: lease ${fence} came to n${node}, which ${what}`,
      first: seen({ atUs, node }, text),
      second: seen({ atUs: this.nowUs, node }, then),
      about: aboutMessage(message.index, message.offset),
    });
  }
}

/** A digest tells of the grants of one entry to a stream by entry and round. */
function grantName(group: number, stream: number, index: number, round: number): string {
  return `${group}.${stream}.${index}.${round}`;
}
