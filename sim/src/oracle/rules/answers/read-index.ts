// R11 inside: a leader answers a read at an index that covers everything committed before the request
// left its edge. Committed is what any replica said was; so a deposed leader, or one that has committed
// nothing in its own term, is noticed although no client may see the difference.

import type { PeerMessage } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import type { Commits } from "../raft/commits.js";
import { attemptOf, seen, type SeenAt, type Watched } from "../views/watched.js";

interface Asked extends SeenAt {
  readonly group: number;
  readonly what: string;
  /** Highest committed index when the request left. */
  readonly committed: number;
}

export class ReadIndex implements Rule {
  private world: Watched | undefined;
  private readonly commits: Commits;
  private readonly asked = new Map<string, Asked>();

  constructor(commits: Commits) {
    this.commits = commits;
  }

  attach(world: Watched): void {
    this.world = world;
  }

  sent(node: number, to: number, message: PeerMessage): void {
    if (message.kind === "request") {
      const { group, action } = message;
      if (action.type === "propose" || action.type === "repeat") return;
      this.asked.set(attemptOf(node, message), {
        atUs: this.world?.queue.nowUs ?? 0,
        node,
        group,
        what: action.type,
        committed: this.commits.lastIndex(group),
      });
    } else if (message.kind === "reply" && message.outcome.type === "done") {
      const asked = this.asked.get(attemptOf(to, message));
      if (asked && message.outcome.index < asked.committed) {
        this.broken(node, asked, message.outcome.index);
      }
    }
  }

  private broken(node: number, asked: Asked, index: number): never {
    const { group, what, committed } = asked;
    throw new RuleBroken({
      rule: "R11",
      message:
        `n${node} answered a ${what} of group ${group} at index ${index}, but entry ${committed} was ` +
        `committed before n${asked.node} asked`,
      first: seen(asked, `asked for ${what} of group ${group}; committed up to ${committed}`),
      second: seen({ atUs: this.world?.queue.nowUs ?? 0, node }, `answered at index ${index}`),
      about: `group ${group}:`,
    });
  }
}
