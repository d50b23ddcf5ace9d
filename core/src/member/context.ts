// What all parts of a host share: who this node is, the time of the turn, its groups, and the lists that
// the turn drains: messages per peer, effects for clients. Data flows one way: events in, lists out. Invariants:
//   CTX1 a node joins one cluster, once in the life of its process: frames that left do not change their sender;
//   CTX2 every group here stands in `groups` under its id; `touched` and `due` hold such groups only;
//   CTX3 what is cut came since the mark, here as in the outboxes (OUT1): steps of groups never nest.

import { assert } from "../lib/assert.js";
import { crc32, type Crc32 } from "../lib/crc32.js";
import { FrameBuilder } from "../wire/frames.js";
import { idText, type Founder, type Founding } from "../wire/identity-record.js";
import { AppendWindow } from "../raft/append-window.js";
import { Links } from "./links.js";
import { nodeLimits } from "./node-limits.js";
import { Outbox } from "./outbox.js";
import type { PeerMessage } from "../wire/messages.js";
import type { ClientEffect } from "../contract/api.js";
import type { NodeLimits } from "../contract/limits/rule.js";
import { Budgets } from "./budgets.js";
import { DueGroups } from "./due-groups.js";
import type { Replica } from "./replica.js";
import type { HostConfig } from "./config.js";
import type { HostObserver } from "./observer.js";

export interface OutgoingFrame {
  /** Place in the configured list, from 1. */
  readonly peer: number;
  /** Of the lane that bulk never delays or crowds out. */
  readonly isUrgent: boolean;
  readonly frame: Uint8Array;
}

export class HostContext {
  readonly config: HostConfig;
  readonly nodeLimits: NodeLimits;
  /** Member number of this node (D-87); 0 until it belongs to a cluster. */
  self = 0;
  /** Minted when the cluster was formed; every frame carries it (D-70). */
  cluster = { hi: 0, lo: 0, text: "" };
  /** The members of the cluster, by their numbers. */
  private founders = new Map<number, Founder>();
  /** By member number - 1: the place in the configured list, which is what the network port counts by. */
  private places: number[] = [];
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
  readonly budgets: Budgets;
  /** Effects for clients, drained at the end of the turn. */
  clientEffects: ClientEffect[] = [];
  /** Rows of partitions that reads and digests may still look at in this turn. */
  turnRows = 0;
  /** Set when there is work left for another turn although no event is waiting. */
  wantsTurn = false;
  /** Messages to the own node, handled before the step ends. */
  readonly loopback: PeerMessage[] = [];
  readonly links = new Links();
  /** By member number - 1. */
  private outboxes: Outbox[] = [];
  /** By member number. */
  private readonly appendWindows = new Map<number, AppendWindow>();
  /** How many messages waited here for this node when the step that runs now began. */
  private loopbackMark = 0;
  private builders: FrameBuilder[] = [];
  framesSent = 0;
  grantsLate = 0;

  constructor(config: HostConfig, observer: HostObserver | undefined, crc: Crc32 = crc32) {
    this.config = config;
    this.nodeLimits = nodeLimits(config);
    this.observer = observer;
    this.crc = crc;
    this.budgets = new Budgets(config.limits);
  }

  /** The cluster is known, and this start counts: from here on frames name both. */
  join(founding: Founding): void {
    assert(this.founders.size === 0, "CTX1: a node joins one cluster, once");
    const { config } = this;
    this.cluster = { ...founding.cluster, text: idText(founding.cluster) };
    for (const founder of founding.founders) {
      const { id, name } = founder;
      this.founders.set(id, founder);
      this.places[id - 1] = config.members.findIndex((m) => m.name === name) + 1;
      if (name === config.node) this.self = id;
    }
    this.outboxes = this.places.map(() => new Outbox());
    const head = {
      clusterHi: this.cluster.hi,
      clusterLo: this.cluster.lo,
      sender: this.self,
      senderIncarnation: this.incarnation,
    };
    this.builders = this.places.map(() => new FrameBuilder(head, this.crc));
  }

  /** The numbers of all members, in ascending order. */
  get members(): number[] {
    return [...this.founders.keys()];
  }

  isMember(member: number): boolean {
    return this.founders.has(member);
  }

  memberName(member: number): string {
    return this.founders.get(member)?.name ?? "";
  }

  founder(member: number): Founder | undefined {
    return this.founders.get(member);
  }

  /** The member at this place of the configured list; 0: none. */
  memberAt(place: number): number {
    return this.places.indexOf(place) + 1;
  }

  /** Whether what is sent to the member is not lost at once: a full link only keeps it waiting. */
  isReachable(member: number): boolean {
    return member === this.self || this.links.isUp(this.places[member - 1]);
  }

  /** Whether what is sent to the member now would leave. */
  isOpenTo(member: number): boolean {
    return this.links.isOpen(this.places[member - 1]);
  }

  appendWindow(member: number): AppendWindow {
    const known = this.appendWindows.get(member);
    const window = known ?? new AppendWindow(this.config.limits.linkBytesMax);
    if (known === undefined) this.appendWindows.set(member, window);
    return window;
  }

  /** The touched groups in the order of their ids, so that no order depends on arrival. */
  touchedInOrder(): Replica[] {
    const replicas = [...this.touched];
    // Mostly they are: a tick touches them in order, and most turns touch one or two.
    return isInOrder(replicas) ? replicas : replicas.sort((a, b) => a.id - b.id);
  }

  /** A number that is no member's came from outside, maybe long ago and in a log: nobody hears it (D-89). */
  send(peer: number, message: PeerMessage): void {
    if (peer === this.self) {
      this.observer?.sent(peer, message);
      this.loopback.push(message);
    } else if (this.isMember(peer)) this.outboxes[peer - 1].push(message);
  }

  /** Discards what waits to leave of a group's appends to the peer. */
  dropAppends(group: number, peer: number): void {
    if (peer !== this.self && this.isMember(peer)) this.outboxes[peer - 1].dropAppends(group);
  }

  /** Something for the member waits to leave: its link is full, or has had its share of the turn. */
  hasUnsent(member: number): boolean {
    return member !== this.self && this.outboxes[member - 1].hasBulk;
  }

  /** A turn begins: each link may take its budget of bulk again. */
  beginTurn(): void {
    this.wantsTurn = false;
    this.turnRows = this.config.limits.turnRowsMax;
    for (const outbox of this.outboxes) outbox.beginTurn();
  }

  /** Notes how many messages wait per peer; steps of groups never nest, so one note is enough. */
  markOutbox(): void {
    for (const outbox of this.outboxes) outbox.mark();
    this.loopbackMark = this.loopback.length;
  }

  /** Discards what was sent since the mark: nothing of a stopped group's step leaves. */
  cutOutbox(): void {
    for (const outbox of this.outboxes) outbox.cut();
    assert(this.loopbackMark <= this.loopback.length, "CTX3: what is cut came since the mark");
    this.loopback.length = this.loopbackMark;
  }

  /** Encodes what waits and may leave: at most one frame per peer and lane, more where it grows too large. */
  takeFrames(): OutgoingFrame[] {
    const frames: OutgoingFrame[] = [];
    this.outboxes.forEach((outbox, i) => {
      if (outbox.isEmpty) return;
      const [member, peer] = [i + 1, this.places[i]];
      // What a link that is down gets is lost there; it may be up again, and nobody has heard of it yet.
      const isFull = this.links.isFull(peer);
      const bulkBytes = isFull ? 0 : this.config.limits.turnBulkBytesMax;
      const sent = (m: PeerMessage): void => this.observer?.sent(member, m);
      const taken = outbox.take(this.builders[i], bulkBytes, sent);
      for (const frame of taken) frames.push({ peer, ...frame });
      if (!isFull && outbox.hasBulk) this.wantsTurn = true;
    });
    this.framesSent += frames.length;
    return frames;
  }

  /** Groups whose timer is due have something to do in this turn. */
  touchDue(): void {
    for (;;) {
      const replica = this.due.take(this.monotonicMs);
      if (replica === undefined) return;
      this.touched.add(replica);
    }
  }

  reply(effect: ClientEffect): void {
    this.clientEffects.push(effect);
  }
}

function isInOrder(replicas: readonly Replica[]): boolean {
  for (let i = 1; i < replicas.length; i += 1)
    if (replicas[i - 1].id > replicas[i].id) return false;
  return true;
}
