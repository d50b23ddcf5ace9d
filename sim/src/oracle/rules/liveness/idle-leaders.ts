// L15: a leader that serves and has nothing under way proposes what waits in its queue, whatever it had under way
// before. One that waits for room which nothing can ever make would hold on to its group for ever (rev-B5): beats
// go on, so nobody else is elected.

import { RuleBroken, type Rule } from "../../oracle.js";
import { seen } from "../views/watched.js";

/** A turn may be too short for all groups; so long it never is. */
const IDLE_MAX_US = 1_000_000;
/** A node that made no turn for so long could not propose. */
const AWAY_US = 500_000;

interface LeaderView {
  readonly id: number;
  readonly isServing: boolean;
  readonly stoppedBecause: unknown;
  readonly queue: readonly unknown[];
  readonly raft: {
    readonly isLeader: boolean;
    /** It gives its office to another one and takes nothing on. */
    readonly handover?: unknown;
    readonly appliedIndex: number;
    readonly log: { readonly lastIndex: number };
  };
}

interface View {
  readonly isReady: boolean;
  readonly context: {
    readonly incarnation: number;
    readonly groups: ReadonlyMap<number, LeaderView>;
  };
}

interface Life {
  readonly incarnation: number;
  /** Since when its leader of a group has had something to do and nothing under way. */
  readonly idle: Map<number, number>;
}

export class IdleLeaders implements Rule {
  private world: { readonly queue: { readonly nowUs: number } } | undefined;
  private readonly lastTurnUs = new Map<number, number>();
  /** By node, of its present life. */
  private readonly lives = new Map<number, Life>();

  attach(world: { readonly queue: { readonly nowUs: number } }): void {
    this.world = world;
  }

  afterTurn(node: number, { isReady, context }: View): void {
    const nowUs = this.world?.queue.nowUs ?? 0;
    const isBack = nowUs - (this.lastTurnUs.get(node) ?? 0) > AWAY_US;
    this.lastTurnUs.set(node, nowUs);
    const { idle } = this.lifeOf(node, context.incarnation);
    for (const replica of context.groups.values()) {
      const sinceUs = idle.get(replica.id);
      if (!isReady || !isIdle(replica)) {
        if (sinceUs !== undefined) idle.delete(replica.id);
      } else if (isBack || sinceUs === undefined) idle.set(replica.id, nowUs);
      else this.check(node, replica, sinceUs, nowUs);
    }
  }

  private lifeOf(node: number, incarnation: number): Life {
    const known = this.lives.get(node);
    if (known?.incarnation === incarnation) return known;
    const life = { incarnation, idle: new Map<number, number>() };
    this.lives.set(node, life);
    return life;
  }

  private check(node: number, { id, queue }: LeaderView, sinceUs: number, nowUs: number): void {
    if (nowUs - sinceUs < IDLE_MAX_US) return;
    throw new RuleBroken({
      rule: "L15",
      message: `n${node} leads group ${id} and proposes nothing, though ${queue.length} intents wait and none is under way`,
      first: seen(
        { atUs: sinceUs, node },
        `something waits, and nothing of group ${id} is under way`,
      ),
      second: seen({ atUs: nowUs, node }, "nothing was proposed since"),
      about: `group ${id}`,
    });
  }
}

function isIdle({ isServing, stoppedBecause, queue, raft }: LeaderView): boolean {
  const isAtWork = isServing && raft.isLeader && stoppedBecause === undefined;
  const mayPropose = isAtWork && raft.handover === undefined;
  return mayPropose && queue.length > 0 && raft.log.lastIndex === raft.appliedIndex;
}
