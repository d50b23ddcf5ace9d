// Q18: what a node gives back or closes (a lease that nobody saw, a stream) is asked again after a leader had
// no room for it. Nobody else knows of it: a lease would wait out its time and cost its message an attempt, a
// consumer that is gone would be granted more.

import { decodeIntent, type PeerMessage } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen, type SeenAt, type Watched } from "../views/watched.js";

/** Far beyond the pause before the next try, and long enough for a narrow link that is full. */
const AGAIN_MAX_US = 10_000_000;
/** A node that made no turn for so long could not ask. */
const AWAY_US = 500_000;
/** It is given up after a minute. */
const KEPT_US = 55_000_000;
const KINDS: ReadonlySet<string> = new Set(["release.undelivered", "stream.close"]);

interface Asked extends SeenAt {
  readonly kind: string;
  readonly incarnation: number;
  readonly requestId: number;
  /** An attempt of it was answered for good; the answer may cross a later attempt, whose refusal changes nothing. */
  isAnswered: boolean;
  /** Told that there is no room; undefined: not, or asked again since. */
  refusedUs: number | undefined;
}

/** What one node asked for, in the order in which it did. */
interface Edge {
  readonly asked: Map<string, Asked>;
  /** Those of it that were told that there is no room. */
  readonly refused: Set<Asked>;
}

export class GiveBacks implements Rule {
  private world: Watched | undefined;
  private readonly edges = new Map<number, Edge>();
  private readonly lastTurnUs = new Map<number, number>();

  attach(world: Watched): void {
    this.world = world;
  }

  private get nowUs(): number {
    return this.world?.queue.nowUs ?? 0;
  }

  sent(node: number, to: number, message: PeerMessage): void {
    if (message.kind === "request") {
      const { edgeIncarnation: incarnation, requestId, action } = message;
      const edge = this.edgeOf(node);
      const known = edge.asked.get(nameOf(incarnation, requestId));
      if (known) {
        known.refusedUs = undefined;
        edge.refused.delete(known);
      } else if (action.type === "propose") {
        const kind = kindOf(action.intent);
        const name = { atUs: this.nowUs, node, kind, incarnation, requestId };
        if (KINDS.has(kind)) {
          edge.asked.set(nameOf(incarnation, requestId), {
            ...name,
            isAnswered: false,
            refusedUs: undefined,
          });
        }
      }
    } else if (message.kind === "reply") {
      const edge = this.edges.get(to);
      const known = edge?.asked.get(nameOf(message.edgeIncarnation, message.requestId));
      const { outcome } = message;
      const isFull = outcome.type === "refused" && outcome.code === "RESOURCE_EXHAUSTED";
      if (!edge || !known) return;
      if (isFull) {
        known.refusedUs = this.nowUs;
        edge.refused.add(known);
      } else if (outcome.type === "done" || outcome.type === "refused") known.isAnswered = true;
    }
  }

  private edgeOf(node: number): Edge {
    const known = this.edges.get(node);
    if (known) return known;
    const edge: Edge = { asked: new Map(), refused: new Set() };
    this.edges.set(node, edge);
    return edge;
  }

  afterTurn(node: number, host: { readonly context: { readonly incarnation: number } }): void {
    const { nowUs } = this;
    const isBack = nowUs - (this.lastTurnUs.get(node) ?? 0) > AWAY_US;
    this.lastTurnUs.set(node, nowUs);
    const edge = this.edges.get(node);
    if (!edge) return;
    this.forget(edge, host.context.incarnation);
    for (const asked of edge.refused) {
      if (isBack) asked.refusedUs = nowUs;
      else this.check(asked);
    }
  }

  /** What a node asked in an earlier life, or long ago. They stand in the order in which they were asked. */
  private forget(edge: Edge, incarnation: number): void {
    for (const [name, asked] of edge.asked) {
      const isKept = asked.incarnation === incarnation && this.nowUs - asked.atUs <= KEPT_US;
      if (isKept) return;
      edge.asked.delete(name);
      edge.refused.delete(asked);
    }
  }

  private check({ node, kind, incarnation, requestId, isAnswered, refusedUs }: Asked): void {
    const { nowUs } = this;
    if (isAnswered || refusedUs === undefined || nowUs - refusedUs < AGAIN_MAX_US) return;
    throw new RuleBroken({
      rule: "Q18",
      message: `n${node} was told that there is no room for its ${kind} and has not asked again`,
      first: seen(
        { atUs: refusedUs, node },
        `refused: ${kind}, request n${node}.${nameOf(incarnation, requestId)}`,
      ),
      second: seen({ atUs: nowUs, node }, "nothing since"),
    });
  }
}

function nameOf(incarnation: number, requestId: number): string {
  return `${incarnation}.${requestId}`;
}

/** Empty for what cannot be read: nodes of other versions ask, too. */
function kindOf(intent: Uint8Array): string {
  try {
    return decodeIntent(intent).kind;
  } catch {
    return "";
  }
}
