// What the steps of a replica ask of its owner, as data: a list in the order in which it came about (etcd's
// `Ready`). A step only adds to it; when the step is over the owner carries the list out and empties it. The
// kind says when something may leave: no owner has to know which message vouches for what.
// One list serves all groups of a node, since they step one at a time; records are used again.

import type { LogIndex, Member, Term } from "../lib/brands.js";
import type { PeerMessage } from "../wire/messages.js";
import type { Role } from "./role.js";

export type Output =
  /** Leaves at once, before any sync (D-53): it vouches for nothing. */
  | { readonly kind: "send"; readonly peer: Member; readonly message: PeerMessage }
  /** Leaves once the replica's persist `seq` is synced (D-52): it vouches for what that one holds. */
  | {
      readonly kind: "send.after-persist";
      readonly peer: Member;
      readonly message: PeerMessage;
      readonly seq: number;
    }
  /** Appends of the group that wait to leave for the peer are not wanted any more; those below in the list are. */
  | { readonly kind: "drop-unsent"; readonly peer: Member }
  /** The group has something for the next batch; it says what when it is asked (`takeWrite`). */
  | { readonly kind: "persist" }
  /** The peer needs log blocks from `from` that are on disk only; they come back as `refilled`. */
  | { readonly kind: "fetch-log"; readonly peer: Member; readonly from: LogIndex }
  /** A new leader proposes the first entry of its term; who does not lead lets go of what only leaders hold. */
  | {
      readonly kind: "role-changed";
      readonly term: Term;
      readonly role: Role;
      readonly leader: Member;
    }
  /** Everything to `index` is committed; it may be applied once it is durable here too. */
  | { readonly kind: "committed"; readonly index: LogIndex }
  /** The first entry of the own term is committed: reads and proposals may be served once it is applied. */
  | { readonly kind: "ready" }
  /** A majority vouched for read `read`: it is served once `index` is applied. */
  | { readonly kind: "read-confirmed"; readonly index: LogIndex; readonly read: number };

type OutputOf<K extends Output["kind"]> = Extract<Output, { kind: K }>;
type Filled<T> = { -readonly [F in keyof T]: T[F] };

/** Records of one kind: as many as the busiest step needed. */
class Pool<T> {
  private readonly records: T[] = [];
  private readonly make: () => T;
  used = 0;

  constructor(make: () => T) {
    this.make = make;
  }

  take(): T {
    if (this.used === this.records.length) this.records.push(this.make());
    this.used += 1;
    return this.records[this.used - 1];
  }

  at(i: number): T {
    return this.records[i];
  }
}

const PERSIST: Output = { kind: "persist" };
const READY: Output = { kind: "ready" };
/** What a record holds while it is not in use, so that no large append lives on in it. */
const NONE: PeerMessage = { kind: "timeout-now", group: 0, incarnation: 0, term: 0 };

export class Outputs {
  private readonly list: Output[] = [];
  private readonly sends = new Pool<Filled<OutputOf<"send">>>(() => {
    return { kind: "send", peer: 0, message: NONE };
  });
  private readonly held = new Pool<Filled<OutputOf<"send.after-persist">>>(() => {
    return { kind: "send.after-persist", peer: 0, message: NONE, seq: 0 };
  });
  private readonly commits = new Pool<Filled<OutputOf<"committed">>>(() => {
    return { kind: "committed", index: 0 };
  });

  get length(): number {
    return this.list.length;
  }

  /** Valid until the list is emptied. */
  at(i: number): Output {
    return this.list[i];
  }

  clear(): void {
    // Most steps ask for nothing.
    if (this.list.length === 0) return;
    const { sends, held } = this;
    for (let i = 0; i < sends.used; i += 1) sends.at(i).message = NONE;
    for (let i = 0; i < held.used; i += 1) held.at(i).message = NONE;
    sends.used = 0;
    held.used = 0;
    this.commits.used = 0;
    this.list.length = 0;
  }

  // --- for the steps ---------------------------------------------------------------------------------

  send(peer: Member, message: PeerMessage): void {
    const output = this.sends.take();
    output.peer = peer;
    output.message = message;
    this.list.push(output);
  }

  sendAfterPersist(peer: Member, message: PeerMessage, seq: number): void {
    const output = this.held.take();
    output.peer = peer;
    output.message = message;
    output.seq = seq;
    this.list.push(output);
  }

  committed(index: LogIndex): void {
    const output = this.commits.take();
    output.index = index;
    this.list.push(output);
  }

  persist(): void {
    this.list.push(PERSIST);
  }

  ready(): void {
    this.list.push(READY);
  }

  dropUnsent(peer: Member): void {
    this.list.push({ kind: "drop-unsent", peer });
  }

  fetchLog(peer: Member, from: LogIndex): void {
    this.list.push({ kind: "fetch-log", peer, from });
  }

  roleChanged(term: Term, role: Role, leader: Member): void {
    this.list.push({ kind: "role-changed", term, role, leader });
  }

  readConfirmed(index: LogIndex, read: number): void {
    this.list.push({ kind: "read-confirmed", index, read });
  }
}
