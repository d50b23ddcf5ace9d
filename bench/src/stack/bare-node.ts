// A node with nothing of Disheap in it: no terms, no log, no heap, no checks, nothing is kept in memory. It
// stores a payload on three nodes with the same calls, frames and syncs as an enqueue, over the same
// transport and store. What a client measures against three of these is what the stack allows here.

import type { DiskEvent, DiskOp, NetworkEvent } from "@disheap/io";
import { decodeMessages, encodeMessages, Kind, type Message } from "./messages.js";

export interface BareNodeOptions {
  /** Member number, from 1. */
  readonly self: number;
  readonly members: readonly number[];
  readonly send: (peer: number, frame: Uint8Array) => void;
  /** Completes with `disk.written`. */
  readonly write: (ops: readonly DiskOp[]) => void;
  /** Asks for one call of `run` soon. */
  readonly wake: () => void;
}

interface Copies {
  readonly edge: number;
  readonly edgeId: number;
  stored: number;
}

/** A copy that is to be written, or is being written. */
interface Copy {
  readonly leader: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

export class BareNode {
  private readonly options: BareNodeOptions;
  private readonly majority: number;
  private inbox: (DiskEvent | NetworkEvent)[] = [];
  private isWoken = false;
  /** As edge: who waits for which request. */
  private readonly waiting = new Map<number, () => void>();
  /** As leader: what is not on every node yet. */
  private readonly copies = new Map<number, Copies>();
  private readonly outbox = new Map<number, Message[]>();
  private toWrite: Copy[] = [];
  private writing: readonly Copy[] = [];
  private lastId = 0;

  constructor(options: BareNodeOptions) {
    this.options = options;
    this.majority = Math.floor(options.members.length / 2) + 1;
  }

  /** Stores a payload under the lead of `leader`; `done` once a majority has synced it. */
  enqueue(leader: number, payload: Uint8Array, done: () => void): void {
    const id = ++this.lastId;
    this.waiting.set(id, done);
    this.tell(leader, { kind: Kind.ask, id, payload });
    this.wake();
  }

  push(event: DiskEvent | NetworkEvent): void {
    this.inbox.push(event);
    this.wake();
  }

  /** One turn: everything that came in, then one frame per peer, then one synced batch. */
  run(): void {
    this.isWoken = false;
    const events = this.inbox;
    this.inbox = [];
    for (const event of events) this.step(event);
    for (const [peer, messages] of this.outbox) this.options.send(peer, encodeMessages(messages));
    this.outbox.clear();
    if (this.writing.length > 0 || this.toWrite.length === 0) return;
    this.writing = this.toWrite;
    this.toWrite = [];
    const put = ({ leader, id, payload }: Copy): DiskOp => ({
      type: "put",
      key: keyOf(leader, id),
      value: payload,
    });
    this.options.write(this.writing.map(put));
  }

  private step(event: DiskEvent | NetworkEvent): void {
    if (event.kind === "peer.frame") {
      for (const message of decodeMessages(event.frame)) this.receive(event.peer, message);
    } else if (event.kind === "disk.written") {
      const written = this.writing;
      this.writing = [];
      for (const { leader, id } of written) {
        this.tell(leader, { kind: Kind.copied, id, payload: NOTHING });
      }
    }
  }

  private receive(from: number, { kind, id, payload }: Message): void {
    const { members } = this.options;
    if (kind === Kind.ask) {
      const own = ++this.lastId;
      this.copies.set(own, { edge: from, edgeId: id, stored: 0 });
      for (const member of members) this.tell(member, { kind: Kind.copy, id: own, payload });
    } else if (kind === Kind.copy) {
      this.toWrite.push({ leader: from, id, payload });
    } else if (kind === Kind.copied) {
      const copies = this.copies.get(id);
      if (copies === undefined) return;
      copies.stored += 1;
      if (copies.stored === members.length) this.copies.delete(id);
      if (copies.stored !== this.majority) return;
      this.tell(copies.edge, { kind: Kind.done, id: copies.edgeId, payload: NOTHING });
    } else {
      this.waiting.get(id)?.();
      this.waiting.delete(id);
    }
  }

  private tell(member: number, message: Message): void {
    if (member === this.options.self) {
      this.receive(member, message);
      return;
    }
    const messages = this.outbox.get(member);
    if (messages === undefined) this.outbox.set(member, [message]);
    else messages.push(message);
  }

  private wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    this.options.wake();
  }
}

function keyOf(leader: number, id: number): Uint8Array {
  const key = new Uint8Array(7);
  key[0] = leader;
  for (let i = 6, rest = id; i > 0; i -= 1, rest = Math.floor(rest / 256)) key[i] = rest % 256;
  return key;
}
