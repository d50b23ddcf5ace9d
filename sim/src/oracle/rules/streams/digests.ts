// Q17, the leader's part (D-22, D-91): a new leader names every lease that it inherits to the edge that holds
// it, and every expired one of an open stream that is its message's newest, beginning in the turn in which it
// begins to serve. A grant that commits under the next leader is otherwise a lease nobody knows of; its message
// is out of reach until the lease runs out, and has lost an attempt. Leases of a replaced incarnation of an
// edge are shortened instead (D-24).

import { LeaseEnd, State, type Partition, type PeerMessage, type Role } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { nameOf } from "../entries/ledger.js";
import { seen, type HostView, type ReplicaView, type Watched } from "../views/watched.js";

/** A leader that does not serve yet: what it told each edge so far. */
interface Beginning {
  readonly term: number;
  readonly told: Set<string>;
}

export class Digests implements Rule {
  private world: Watched | undefined;
  /** Per node, by group. */
  private readonly beginnings = new Map<number, Map<number, Beginning>>();

  attach(world: Watched): void {
    this.world = world;
  }

  roleChanged(node: number, group: number, term: number, role: Role): void {
    let own = this.beginnings.get(node);
    if (!own) {
      own = new Map();
      this.beginnings.set(node, own);
    }
    if (role === "leader") own.set(group, { term, told: new Set() });
    else own.delete(group);
  }

  sent(node: number, to: number, message: PeerMessage): void {
    if (message.kind !== "digest") return;
    const beginning = this.beginnings.get(node)?.get(message.group);
    if (!beginning) return;
    for (const { index, offset, fence } of message.leases) {
      beginning.told.add(leaseOf(to, index, offset, fence));
    }
  }

  afterTurn(node: number, host: HostView): void {
    const own = this.beginnings.get(node);
    if (!own || own.size === 0) return;
    for (const [group, beginning] of own) {
      const replica = host.context.groups.get(group);
      // A leader of an earlier life, or a group that is gone.
      const isOver = replica?.raft.role !== "leader" || replica.raft.term !== beginning.term;
      if (!replica || isOver) own.delete(group);
      else if (replica.raft.log.termAt(replica.raft.appliedIndex) === beginning.term) {
        if (this.check(node, host, replica, beginning)) own.delete(group);
      }
    }
  }

  /** False: something for an edge has not left yet, so it was not told; to be asked again. */
  private check(
    node: number,
    { context }: HostView,
    { raft, machine, digests }: ReplicaView,
    { term, told }: Beginning,
  ): boolean {
    if (machine.kind !== "partition") return true;
    const { messages: m, streams } = machine.partition;
    let isDone = true;
    m.forEach((slot) => {
      const isInherited =
        isToBeTold(machine.partition, slot) &&
        raft.log.termAt(m.grantIndex[slot]) < term &&
        m.edgeIncarnation[slot] === streams.incarnationOf(m.edge[slot]);
      if (!isInherited) return;
      const [index, offset, fence, edge] = [
        m.index[slot],
        m.offset[slot],
        m.fence[slot],
        m.edge[slot],
      ];
      if (told.has(leaseOf(edge, index, offset, fence))) return;
      if (context.hasUnsent?.(edge) === true || digests?.some((d) => d.edge === edge) === true) {
        isDone = false;
        return;
      }
      const name = nameOf({ group: raft.id, index, offset });
      throw new RuleBroken({
        rule: "Q17",
        message:
          `${name}: n${node} began to lead in term ${term} and did not tell n${edge} of its lease ` +
          `${fence}, granted by an earlier leader: if the grant got lost, nobody knows of it`,
        second: seen(
          { atUs: this.world?.queue.nowUs ?? 0, node },
          `serves group ${raft.id} in term ${term}`,
        ),
        about: `group ${raft.id}:`,
      });
    });
    return isDone;
  }
}

/** Its newest lease is open; or it expired, and its stream was not closed. */
function isToBeTold({ messages: m, streams }: Partition, slot: number): boolean {
  if (m.state[slot] === State.leased) return true;
  if (m.leaseEnd[slot] !== LeaseEnd.expired) return false;
  const stream = streams.find({
    edge: m.edge[slot],
    edgeIncarnation: m.edgeIncarnation[slot],
    stream: m.stream[slot],
  });
  return stream !== undefined && !stream.isClosed;
}

function leaseOf(edge: number, index: number, offset: number, fence: number): string {
  return `n${edge} ${index}.${offset}.${fence}`;
}
