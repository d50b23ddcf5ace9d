// R13: a replica that stopped on its node takes no more part (D-40, D-89, rev-B8): it leads nothing, campaigns
// for nothing and serves nobody, and the node says so to operators. One whose machine alone stopped keeps its
// log and votes. What it had said before it stopped may still leave in that turn.

import type { NodeStatus, PeerMessage, Role } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen, type Watched } from "../views/watched.js";

interface StoppableReplica {
  readonly id: number;
  readonly isServing: boolean;
  readonly stoppedBecause: string | undefined;
  readonly machineStoppedBecause: string | undefined;
  readonly raft: { readonly role: Role };
}

interface StoppableHost {
  readonly context: { readonly groups: ReadonlyMap<number, StoppableReplica> };
  status(): Pick<NodeStatus, "groups">;
}

export class StoppedReplicas implements Rule {
  private world: Pick<Watched, "queue"> | undefined;
  /** By node: groups that had stopped at the end of a turn of the present life. */
  private readonly lives = new Map<number, { host: StoppableHost; stopped: Set<number> }>();

  attach(world: Pick<Watched, "queue">): void {
    this.world = world;
  }

  afterTurn(node: number, host: StoppableHost): void {
    let life = this.lives.get(node);
    if (life?.host !== host) {
      life = { host, stopped: new Set() };
      this.lives.set(node, life);
    }
    for (const replica of host.context.groups.values()) {
      const why = replica.stoppedBecause ?? replica.machineStoppedBecause;
      if (why === undefined) continue;
      if (replica.raft.role !== "follower")
        this.broken(node, replica.id, `is ${replica.raft.role}`);
      if (replica.isServing) this.broken(node, replica.id, "still serves");
      if (life.stopped.has(replica.id)) continue;
      life.stopped.add(replica.id);
      const said = host.status().groups.find(({ group }) => group === replica.id)?.stoppedBecause;
      if (said !== why)
        this.broken(node, replica.id, `is shown to operators as "${said ?? "well"}"`);
    }
  }

  sent(node: number, to: number, message: PeerMessage): void {
    const stopped = this.lives.get(node)?.stopped;
    if (!stopped || stopped.size === 0) return;
    for (const group of claimsOf(message)) {
      if (stopped.has(group)) this.broken(node, group, `sends n${to} a ${message.kind}`);
    }
  }

  private broken(node: number, group: number, what: string): void {
    throw new RuleBroken({
      rule: "R13",
      message: `the replica of group ${group} on n${node} stopped, and ${what}`,
      second: seen({ atUs: this.world?.queue.nowUs ?? 0, node }, what),
      about: `group ${group}:`,
    });
  }
}

/** The groups for which a message says what only a leader says, or one that wants to be. */
function claimsOf(message: PeerMessage): readonly number[] {
  switch (message.kind) {
    case "pre-vote":
    case "vote":
    case "digest":
      return [message.group];
    case "beat":
      return message.items.map(({ group }) => group);
    case "granted":
      return message.state === "not-leader" ? [] : [message.group];
    case "ladder":
      return message.state === "not-leader" ? [] : [message.group];
    default:
      return [];
  }
}
