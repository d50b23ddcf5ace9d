// Q18: what a node gives back or closes (a lease that nobody saw, a stream) is asked again after a leader had
// no room for it. Nobody else knows of it: a lease would wait out its time and cost its message an attempt, a
// consumer that is gone would be granted more.

import { decodeIntent, type PeerMessage } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen, type SeenAt, type Watched } from "../watched.js";

/** Far beyond the pause before the next try, and long enough for a narrow link that is full. */
const AGAIN_MAX_US = 10_000_000;
/** A node that made no turn for so long could not ask. */
const AWAY_US = 500_000;
/** It is given up after a minute. */
const KEPT_US = 55_000_000;
const KINDS: ReadonlySet<string> = new Set(["release.undelivered", "stream.close"]);

interface Asked extends SeenAt {
  readonly kind: string;
  /** An attempt of it was answered for good; the answer may cross a later attempt, whose refusal changes nothing. */
  isAnswered: boolean;
  /** Told that there is no room; undefined: not, or asked again since. */
  refusedUs: number | undefined;
}

export class GiveBacks implements Rule {
  private world: Watched | undefined;
  private readonly asked = new Map<string, Asked>();
  private readonly lastTurnUs = new Map<number, number>();

  attach(world: Watched): void {
    this.world = world;
  }

  private get nowUs(): number {
    return this.world?.queue.nowUs ?? 0;
  }

  sent(node: number, to: number, message: PeerMessage): void {
    if (message.kind === "request") {
      const name = nameOf(node, message.edgeIncarnation, message.requestId);
      const known = this.asked.get(name);
      if (known) known.refusedUs = undefined;
      else if (message.action.type === "propose") {
        const kind = kindOf(message.action.intent);
        const fresh = { atUs: this.nowUs, node, kind, isAnswered: false, refusedUs: undefined };
        if (KINDS.has(kind)) this.asked.set(name, fresh);
      }
    } else if (message.kind === "reply") {
      const name = nameOf(to, message.edgeIncarnation, message.requestId);
      const known = this.asked.get(name);
      const { outcome } = message;
      const isFull = outcome.type === "refused" && outcome.code === "RESOURCE_EXHAUSTED";
      if (!known) return;
      if (isFull) known.refusedUs = this.nowUs;
      else if (outcome.type === "done" || outcome.type === "refused") known.isAnswered = true;
    }
  }

  afterTurn(node: number, host: { readonly context: { readonly incarnation: number } }): void {
    const { nowUs } = this;
    const isBack = nowUs - (this.lastTurnUs.get(node) ?? 0) > AWAY_US;
    this.lastTurnUs.set(node, nowUs);
    const life = `n${node}.${host.context.incarnation}.`;
    for (const [name, asked] of this.asked) {
      if (asked.node !== node) continue;
      if (!name.startsWith(life) || nowUs - asked.atUs > KEPT_US) this.asked.delete(name);
      else if (asked.refusedUs !== undefined && isBack) asked.refusedUs = nowUs;
      else this.check(name, asked);
    }
  }

  private check(name: string, { node, kind, isAnswered, refusedUs }: Asked): void {
    const { nowUs } = this;
    if (isAnswered || refusedUs === undefined || nowUs - refusedUs < AGAIN_MAX_US) return;
    throw new RuleBroken({
      rule: "Q18",
      message: `n${node} was told that there is no room for its ${kind} and has not asked again`,
      first: seen({ atUs: refusedUs, node }, `refused: ${kind}, request ${name}`),
      second: seen({ atUs: nowUs, node }, "nothing since"),
    });
  }
}

function nameOf(edge: number, incarnation: number, requestId: number): string {
  return `n${edge}.${incarnation}.${requestId}`;
}

/** Empty for what cannot be read: nodes of other versions ask, too. */
function kindOf(intent: Uint8Array): string {
  try {
    return decodeIntent(intent).kind;
  } catch {
    return "";
  }
}
