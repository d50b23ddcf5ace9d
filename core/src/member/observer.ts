// What a watcher may see of a node from inside: the simulator's oracles and the metrics. Calls change
// nothing and come in the order in which things happen; a node works the same without one.

import type { LogIndex, Member, Term } from "../lib/brands.js";
import type { MachineEvent } from "../delivery/events.js";
import type { Role } from "../raft/role.js";
import type { EntryView } from "../wire/blocks.js";
import type { PeerMessage } from "../wire/messages.js";

export interface HostObserver {
  roleChanged(group: number, term: Term, role: Role, leader: Member): void;
  /**
   * A leader put an entry at the end of its log. `waitedUs`: from the turn in which its first request
   * arrived to this one; 0 while nothing holds requests up.
   */
  proposed(group: number, index: LogIndex, term: Term, waitedUs: number): void;
  /** This replica knows that everything to `index` is committed, and is about to apply it. */
  committed?(group: number, index: LogIndex): void;
  /** After apply: the state hash of the replica at this index. */
  applied(group: number, entry: EntryView, hashHi: number, hashLo: number): void;
  /** What an entry did to messages; without it no such event is made. */
  machineEvent?(group: number, index: LogIndex, stampMs: number, event: MachineEvent): void;
  /** A message of a peer (or of the own node) is about to be handled. */
  received?(from: Member, message: PeerMessage): void;
  /** A message is handed to the network (or to the own node), in this turn. */
  sent(to: Member, message: PeerMessage): void;
  /** A call of a session was answered, milliseconds after it came: so many of its rows are in. */
  rowsEnqueued?(topic: string, rows: number, ms: number): void;
  /** A first delivery leaves by a session: how long a client that had room for it waited, in milliseconds. */
  rowDelivered?(topic: string, waitedMs: number): void;
  /** A broken invariant stopped the group on this node. */
  groupStopped(group: number, reason: string): void;
  /** The group's topic was deleted: nothing more is heard of it. */
  groupRemoved?(group: number): void;
}
