// The member list as one process is given it. Until the cluster is formed all have the same one; later each may
// have an order of its own and numbers its peers by it, while the world goes on numbering nodes (D-87, rev-F10).

import type { ClusterMember } from "@disheap/core";
import type { NetworkPort } from "@disheap/io";

export class MemberList {
  readonly members: readonly ClusterMember[];
  private readonly turn: number;

  /** The list of all, with so many of its first members put behind the others. */
  constructor(all: readonly ClusterMember[], turn: number) {
    this.turn = turn % all.length;
    this.members = [...all.slice(this.turn), ...all.slice(0, this.turn)];
  }

  private numberAt(place: number): number {
    return ((place - 1 + this.turn) % this.members.length) + 1;
  }

  /** What comes from a node, as the process counts nodes. */
  seen<E extends object>(event: E): E {
    if (this.turn === 0 || !("peer" in event) || typeof event.peer !== "number") return event;
    const count = this.members.length;
    return { ...event, peer: ((event.peer - 1 - this.turn + count) % count) + 1 };
  }

  /** The network, as the process counts nodes. */
  port(port: NetworkPort): NetworkPort {
    if (this.turn === 0) return port;
    return {
      ...port,
      send: (peer, frame, isUrgent) => port.send(this.numberAt(peer), frame, isUrgent),
    };
  }
}
