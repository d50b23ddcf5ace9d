// What all parts of a host share: who this node is, the time of the turn, its groups, and the lists that
// the turn drains: messages per peer, effects for clients. Data flows one way: events in, lists out.

import { crc32, type Crc32 } from "../lib/crc32.js";
import { hashBytes } from "../lib/hash.js";
import { utf8Encode } from "../lib/bytes.js";
import { FrameBuilder } from "../wire/frames.js";
import { Links } from "./links.js";
import { Outbox } from "./outbox.js";
import type { PeerMessage } from "../wire/messages.js";
import type { ClientEffect } from "../contract/api.js";
import { DueGroups } from "./due-groups.js";
import type { Replica } from "./replica.js";
import type { ClusterMember, HostConfig } from "./config.js";
import type { HostObserver } from "./observer.js";

export interface OutgoingFrame {
  readonly peer: number;
  /** Of the lane that bulk never delays or crowds out. */
  readonly isUrgent: boolean;
  readonly frame: Uint8Array;
}

/** The cluster id: configuration 0 of the meta group, hashed; every frame carries it (D-70). */
export function clusterIdOf(members: readonly ClusterMember[]): {
  hi: number;
  lo: number;
  text: string;
} {
  const list = utf8Encode(members.map((m) => `${m.name}=${m.address}`).join(","));
  const hi = hashBytes(0x636c7573, list);
  const lo = hashBytes(0x74657221, list);
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  return { hi, lo, text: hex(hi) + hex(lo) };
}

export class HostContext {
  readonly config: HostConfig;
  /** Member number of this node, from 1. */
  readonly self: number;
  readonly cluster: { readonly hi: number; readonly lo: number; readonly text: string };
  readonly crc: Crc32;
  readonly observer: HostObserver | undefined;
  /** Counts the starts of this node on its store; 0 until the store was read. */
  incarnation = 0;
  /** Time of the turn. */
  monotonicMs = 0;
  monotonicUs = 0;
  wallMs = 0;
  readonly groups = new Map<number, Replica>();
  /** Groups that something happened to since they were last found idle: only these are visited. */
  readonly touched = new Set<Replica>();
  /** Led groups with a timer ahead of them. */
  readonly due = new DueGroups();
  /** Effects for clients, drained at the end of the turn. */
  clientEffects: ClientEffect[] = [];
  /** Set when there is work left for another turn although no event is waiting. */
  wantsTurn = false;
  /** Messages to the own node, handled before the step ends. */
  readonly loopback: PeerMessage[] = [];
  readonly links = new Links();
  private readonly outboxes: Outbox[];
  /** How many messages waited here for this node when the step that runs now began. */
  private loopbackMark = 0;
  private builders: FrameBuilder[] = [];
  framesSent = 0;

  constructor(config: HostConfig, observer: HostObserver | undefined, crc: Crc32 = crc32) {
    this.config = config;
    this.observer = observer;
    this.crc = crc;
    this.self = config.members.findIndex((m) => m.name === config.node) + 1;
    this.cluster = clusterIdOf(config.members);
    this.outboxes = config.members.map(() => new Outbox());
  }

  get memberCount(): number {
    return this.config.members.length;
  }

  memberName(member: number): string {
    return this.config.members[member - 1]?.name ?? "";
  }

  /** Called once the incarnation is known: it is part of every frame. */
  openFrames(): void {
    const head = {
      clusterHi: this.cluster.hi,
      clusterLo: this.cluster.lo,
      sender: this.self,
      senderIncarnation: this.incarnation,
    };
    this.builders = this.config.members.map(() => new FrameBuilder(head, this.crc));
  }

  /** The touched groups in slot order, so that no order depends on arrival. */
  touchedInOrder(): Replica[] {
    return [...this.touched].sort((a, b) => a.id - b.id);
  }

  send(peer: number, message: PeerMessage): void {
    if (peer === this.self) {
      this.observer?.sent(peer, message);
      this.loopback.push(message);
    } else this.outboxes[peer - 1].push(message);
  }

  /** Notes how many messages wait per peer; steps of groups never nest, so one note is enough. */
  markOutbox(): void {
    for (const outbox of this.outboxes) outbox.mark();
    this.loopbackMark = this.loopback.length;
  }

  /** Discards what was sent since the mark: nothing of a stopped group's step leaves. */
  cutOutbox(): void {
    for (const outbox of this.outboxes) outbox.cut();
    this.loopback.length = this.loopbackMark;
  }

  /** Encodes what waits and may leave: at most one frame per peer and lane, more where it grows too large. */
  takeFrames(): OutgoingFrame[] {
    const frames: OutgoingFrame[] = [];
    this.outboxes.forEach((outbox, i) => {
      const peer = i + 1;
      // What a link that is down gets is lost there; it may be up again, and nobody has heard of it yet.
      const isFull = this.links.isFull(peer);
      const bulkBytes = isFull ? 0 : this.config.limits.turnBulkBytesMax;
      const taken = outbox.take(this.builders[i], bulkBytes, (m) => this.observer?.sent(peer, m));
      for (const frame of taken) frames.push({ peer, ...frame });
      if (!isFull && outbox.hasBulk) this.wantsTurn = true;
    });
    this.framesSent += frames.length;
    return frames;
  }

  reply(effect: ClientEffect): void {
    this.clientEffects.push(effect);
  }
}
