// The abstract IO interface: ports that are *submit* (never awaited, never answering directly) and
// completion events that arrive in the turn's inbox. Two families implement them and pass the same
// conformance suite: io/level + io/grpc in production, sim/world in the simulator. What is submitted and what
// arrives is the core's; here is what the ports promise about it.

import type { ClientEffect, DiskOp } from "@disheap/core";

export type { DiskEntry, DiskEvent, DiskOp, NetworkEvent } from "@disheap/core";

/**
 * An ordered key-value store (keys compare as unsigned bytes). Completions of writes come in the
 * order of submission. A batch is atomic; a synced batch survives any crash after its completion;
 * after a crash the unsynced batches that survive are a prefix.
 */
export interface DiskPort {
  /** Opens the store; a second opener of the same directory gets `disk.failed` with a sentence. */
  open(token: number): void;
  /** The bytes are owned by the port from here on: do not change them. */
  write(token: number, ops: readonly DiskOp[], sync: boolean): void;
  /**
   * Replaces the identity record, which lies outside of the store and does not share its fate (D-88):
   * atomic and synced. One at a time.
   */
  identify(token: number, record: Uint8Array): void;
  /** Entries with from <= key < to in key order, until about `bytesMax` of values; at least one. */
  scan(token: number, from: Uint8Array, to: Uint8Array, bytesMax: number): void;
  /** Releases the store; no completion follows. */
  close(): void;
}

/** Why a link is not taken: a code for programs and a sentence for people. */
export interface LinkRefusal {
  readonly code: string;
  readonly message: string;
}

/**
 * Unreliable frames to peers: a frame arrives whole and unchanged, or not at all; inside one life of
 * a link in order per lane, across a reconnect possibly late. `send` never blocks: a link that is down or
 * over the byte budget of the frame's lane drops it. Urgent frames have a lane and a budget of their own,
 * overtake bulk that still waits, and are few and small. A frame must not change after `send`.
 */
export interface NetworkPort {
  send(peer: number, frame: Uint8Array, isUrgent?: boolean): void;
  /** From here on peers are dialled, and shown this card. Called once. */
  introduce(card: Uint8Array): void;
  /** Takes the link of a `peer.hello`, or refuses it. A call that is gone is ignored. */
  answer(call: number, refusal: LinkRefusal | undefined): void;
}

/** Clocks are read once per turn, by the turn. */
interface ClockPort {
  /** Monotonic microseconds of this process; only differences mean something. */
  monotonicUs(): number;
  /** Wall clock, milliseconds since 1970. May jump. */
  wallMs(): number;
}

interface SchedulerPort {
  /** Asks for one more call of `Turn.run`, soon; several requests before it may become one call. */
  wake(): void;
  /**
   * Asks for a call of `Turn.run` at this time of the monotonic clock; replaces an earlier request.
   * A call that comes early or late changes only when something happens, never what.
   */
  wakeAt(monotonicUs: number): void;
}

interface ClientPort {
  /** Carries replies, items and stream ends to clients, in order per stream. */
  emit(effect: ClientEffect): void;
}

interface ProcessPort {
  /** The node cannot go on (disk error, broken chain, broken invariant outside a group). */
  fatal(message: string): void;
}

export interface Ports {
  readonly disk: DiskPort;
  readonly network: NetworkPort;
  readonly clock: ClockPort;
  readonly scheduler: SchedulerPort;
  readonly clients: ClientPort;
  readonly process: ProcessPort;
}
