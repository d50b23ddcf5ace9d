// What all parts of a host share: who this node is, the time of the turn, its groups, and the lists that
// the turn drains: messages per peer, effects for clients. Data flows one way: events in, lists out.

import { crc32, type Crc32 } from "../lib/crc32.js";
import { FrameBuilder } from "../wire/frames.js";
import { idText, type Founder, type Founding } from "../wire/identity-record.js";
import type { PeerMessage } from "../wire/messages.js";
import type { ClientEffect } from "../contract/api.js";
import { Budgets } from "./budgets.js";
import { DueGroups } from "./due-groups.js";
import type { Replica } from "./replica.js";
import type { HostConfig } from "./config.js";
import type { HostObserver } from "./observer.js";

export interface OutgoingFrame {
  /** Place in the configured list, from 1. */
  readonly peer: number;
  readonly frame: Uint8Array;
}

export class HostContext {
  readonly config: HostConfig;
  /** Member number of this node (D-87); 0 until it belongs to a cluster. */
  self = 0;
  /** Minted when the cluster was formed; every frame carries it (D-70). */
  cluster = { hi: 0, lo: 0, text: "" };
  /** The members of the cluster, by their numbers. */
  private founders = new Map<number, Founder>();
  /** By member number - 1: the place in the configured list, which is what the network port counts by. */
  private links: number[] = [];
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
  /** Set when there is work left for another turn although no event is waiting. */
  wantsTurn = false;
  /** Messages to the own node, handled before the step ends. */
  readonly loopback: PeerMessage[] = [];
  /** By member number - 1. */
  private outbox: PeerMessage[][] = [];
  /** How many messages waited per peer, and here for this node, when the step that runs now began. */
  private marks: number[] = [];
  private loopbackMark = 0;
  private builders: FrameBuilder[] = [];
  framesSent = 0;

  constructor(config: HostConfig, observer: HostObserver | undefined, crc: Crc32 = crc32) {
    this.config = config;
    this.observer = observer;
    this.crc = crc;
    this.budgets = new Budgets(config.limits);
  }

  /** The cluster is known, and this start counts: from here on frames name both. */
  join(founding: Founding): void {
    const { config } = this;
    this.cluster = { ...founding.cluster, text: idText(founding.cluster) };
    for (const founder of founding.founders) {
      const { id, name } = founder;
      this.founders.set(id, founder);
      this.links[id - 1] = config.members.findIndex((m) => m.name === name) + 1;
      if (name === config.node) this.self = id;
    }
    this.outbox = this.links.map(() => []);
    this.marks = this.links.map(() => 0);
    const head = {
      clusterHi: this.cluster.hi,
      clusterLo: this.cluster.lo,
      sender: this.self,
      senderIncarnation: this.incarnation,
    };
    this.builders = this.links.map(() => new FrameBuilder(head, this.crc));
  }

  /** The numbers of all members, in ascending order. */
  get members(): number[] {
    return [...this.founders.keys()];
  }

  memberName(member: number): string {
    return this.founders.get(member)?.name ?? "";
  }

  founder(member: number): Founder | undefined {
    return this.founders.get(member);
  }

  /** The member at this place of the configured list; 0: none. */
  memberAt(link: number): number {
    return this.links.indexOf(link) + 1;
  }

  /** The touched groups in slot order, so that no order depends on arrival. */
  touchedInOrder(): Replica[] {
    return [...this.touched].sort((a, b) => a.id - b.id);
  }

  send(peer: number, message: PeerMessage): void {
    if (peer === this.self) {
      this.observer?.sent(peer, message);
      this.loopback.push(message);
    } else this.outbox[peer - 1].push(message);
  }

  /** Notes how many messages wait per peer; steps of groups never nest, so one note is enough. */
  markOutbox(): void {
    for (let i = 0; i < this.outbox.length; i += 1) this.marks[i] = this.outbox[i].length;
    this.loopbackMark = this.loopback.length;
  }

  /** Discards what was sent since the mark: nothing of a stopped group's step leaves. */
  cutOutbox(): void {
    for (let i = 0; i < this.outbox.length; i += 1) this.outbox[i].length = this.marks[i];
    this.loopback.length = this.loopbackMark;
  }

  /** Encodes what waits, one frame per peer (more when a frame would grow too large). */
  takeFrames(): OutgoingFrame[] {
    const frames: OutgoingFrame[] = [];
    for (let i = 0; i < this.outbox.length; i += 1) {
      const list = this.outbox[i];
      if (list.length === 0) continue;
      const builder = this.builders[i];
      for (const message of list) {
        this.observer?.sent(i + 1, message);
        const full = builder.add(message);
        if (full) frames.push({ peer: this.links[i], frame: full });
      }
      if (builder.count > 0) frames.push({ peer: this.links[i], frame: builder.take() });
      list.length = 0;
    }
    this.framesSent += frames.length;
    return frames;
  }

  reply(effect: ClientEffect): void {
    this.clientEffects.push(effect);
  }
}
