// The simulated network: encoded frames between numbered nodes over ordered links, one stream per
// direction as in io/grpc. A link lives from peer.up to peer.down of its *sender*; the next life
// begins with the next dial. Faults are held open by counters, so that overlapping windows of a plan
// compose, and each is counted when it took effect: a frame really lost, late, doubled or held.
//
// N1 Nothing reaches a node that is down, and nothing sent to one incarnation reaches the next.
// N2 Per link, peer.up and peer.down alternate, starting with peer.up in each incarnation.
// N3 With the stream model, frames of one life and lane arrive in the order they were sent, gaps allowed.
// N4 A link opens only when the process it leads to has taken the card that its sender shows.
// N5 Per life, peer.full and peer.room alternate, starting with peer.full; no bulk is dropped unsaid.

import { assert, FRAME_BYTES_MAX } from "@disheap/core";
import type { NetworkPort } from "@disheap/io";
import { between, chance, draw, exponential, kindOf } from "./draw.js";
import type { PerMillion } from "./draw.js";
import { QUIET_LINK } from "./network-settings.js";
import type { LinkRates, NetworkOptions } from "./network-settings.js";
import { makeLink, type Flight, type Link } from "./network-link.js";
import { Introductions } from "./introductions.js";
import { withoutAppends } from "./muted.js";

const DRAW = {
  latency: kindOf("net.latency"),
  loss: kindOf("net.loss"),
  delay: kindOf("net.delay"),
  duplicate: kindOf("net.duplicate"),
  copyLatency: kindOf("net.duplicate.latency"),
  copyDelay: kindOf("net.duplicate.delay"),
  late: kindOf("net.late"),
  lateLatency: kindOf("net.late.latency"),
  exit: kindOf("net.exit"),
  notice: kindOf("net.notice"),
  detect: kindOf("net.detect"),
  connect: kindOf("net.connect"),
} as const;

/** Of the frames a process had sent when it died, how many die with it. */
const EXIT_LOSS_PER_MILLION = 500_000;
/** Places for processes that run on a copy of a node's disk. */
const COPIES = 1;
/** One copy, not held back. */
const AS_IT_IS: readonly number[] = [0];

interface NodeState {
  isUp: boolean;
  incarnation: number;
  /** What it shows to those it dials; undefined: it dials nobody yet. */
  card: Uint8Array | undefined;
}

export class SimNetwork {
  /** Faults that took effect, by their name in the fault catalogue. */
  readonly counts = new Map<string, number>();
  /**
   * A test's hand on the wire: extra delays, in microseconds, of the copies of this frame; an empty list
   * loses it. No plan uses it: what a plan does to frames is a rate of a link.
   */
  onFrame: ((from: number, to: number, frame: Uint8Array) => readonly number[]) | undefined;
  /** The first frame that no link takes. */
  tooLarge: { readonly from: number; readonly to: number; readonly bytes: number } | undefined;
  /** Nodes whose appends of a group are lost. */
  readonly mutes = new Map<number, number>();
  /** By place: the member whose data directory a process runs on a copy of. */
  readonly copyOf = new Map<number, number>();
  private readonly options: NetworkOptions;
  private readonly nodes: NodeState[] = [];
  private readonly links: Link[] = [];
  private readonly introductions: Introductions;

  constructor(options: NetworkOptions) {
    this.options = options;
    this.introductions = new Introductions({
      now: options.now,
      schedule: options.schedule,
      deliver: options.deliver,
      nodeOf: (number) => this.nodes[number],
      memberOf: (number) => this.memberOf(number),
      open: (link) => this.open(link),
      dial: (link) => this.scheduleConnect(link),
      count: (kind) => this.count(kind),
    });
    for (let from = 0; from <= this.last; from += 1) {
      this.nodes.push({ isUp: false, incarnation: 0, card: undefined });
      for (let to = 0; to <= this.last; to += 1) this.links.push(makeLink(from, to));
    }
  }

  /** The port of the node's current incarnation; after `nodeDown` it carries nothing. */
  port(node: number): NetworkPort {
    const { incarnation } = this.nodes[node];
    const isAlive = (): boolean => {
      const state = this.nodes[node];
      return state.isUp && state.incarnation === incarnation;
    };
    return {
      send: (peer, frame, isUrgent = false) => {
        if (isAlive()) this.send(node, peer, frame, isUrgent);
      },
      introduce: (card) => {
        if (isAlive()) this.introduce(node, card);
      },
      answer: (call, refusal) => {
        if (isAlive()) this.introductions.answer(node, call, refusal);
      },
    };
  }

  /** A process starts. It dials once it is introduced; others reach it from now on, unless it is a copy. */
  nodeUp(node: number): void {
    const state = this.nodes[node];
    assert(!state.isUp, "N1: a node that is up cannot start");
    state.isUp = true;
    state.incarnation += 1;
    if (this.copyOf.has(node)) return;
    for (const peer of this.peersOf(node)) this.dialIfDown(this.link(peer, node));
  }

  private introduce(node: number, card: Uint8Array): void {
    this.nodes[node].card = card;
    for (const peer of this.peersOf(node)) this.scheduleConnect(this.link(node, peer));
  }

  private dialIfDown(link: Link): void {
    if (link.state === "down") this.scheduleConnect(link);
  }

  /** A process is gone: what flew to it is lost, what it had sent may arrive; others learn later. */
  nodeDown(node: number): void {
    const state = this.nodes[node];
    if (!state.isUp) return;
    state.isUp = false;
    state.card = undefined;
    for (const peer of this.peersOf(node)) {
      const out = this.link(node, peer);
      if (out.state === "open") this.sayLeft(out);
      out.state = "down";
      out.epoch += 1;
      out.late = [];
      for (const flight of out.flights) {
        const { ordinal } = flight;
        if (this.hits(DRAW.exit, out, ordinal, EXIT_LOSS_PER_MILLION)) this.lose(out, flight);
      }
      const back = this.link(peer, node);
      for (const flight of back.flights) this.lose(back, flight);
      back.held = [];
      this.breakStream(back);
    }
  }

  /** Changes what an ordered link does to frames from now on. */
  setRates(from: number, to: number, rates: LinkRates): void {
    this.link(from, to).rates = rates;
  }

  /** Cuts a -> b, and b -> a unless `isOneWay`. Every cut needs its own `heal`. */
  cut(a: number, b: number, isOneWay = false): void {
    this.cutLink(this.link(a, b));
    if (!isOneWay) this.cutLink(this.link(b, a));
  }

  heal(a: number, b: number, isOneWay = false): void {
    this.healLink(this.link(a, b));
    if (!isOneWay) this.healLink(this.link(b, a));
  }

  /** Keeps what arrives over from -> to until `unclog`. */
  clog(from: number, to: number): void {
    this.link(from, to).clogs += 1;
  }

  /** The last unclog of a link delivers everything it kept, at once and in order. */
  unclog(from: number, to: number): void {
    const link = this.link(from, to);
    if (link.clogs === 0) return;
    link.clogs -= 1;
    if (link.clogs > 0) return;
    const held = link.held;
    link.held = [];
    for (const flight of held) {
      if (!flight.isGone && this.arrive(link, flight)) this.count("net.clog");
    }
  }

  /** Breaks the streams of both directions; each end learns it, and reconnects, at its own time. */
  reset(a: number, b: number): void {
    const forth = this.breakStream(this.link(a, b));
    const back = this.breakStream(this.link(b, a));
    if (forth || back) this.count("net.reset");
  }

  /** The network works again: no cut, no clog, nobody muted, and every rate at zero. */
  healAll(): void {
    this.mutes.clear();
    for (const link of this.links) {
      if (link.from === link.to || link.from === 0 || link.to === 0) continue;
      link.rates = QUIET_LINK;
      while (link.cuts > 0) this.healLink(link);
      while (link.clogs > 0) this.unclog(link.from, link.to);
    }
  }

  /** How many lives the link from one node to another has had. */
  livesOf(from: number, to: number): number {
    return this.link(from, to).lives;
  }

  private send(from: number, to: number, frame: Uint8Array, isUrgent: boolean): void {
    const group = this.mutes.get(from);
    const heard = group === undefined ? frame : withoutAppends(frame, group);
    if (heard !== frame) this.count("net.mute");
    if (heard) this.transmit(from, to, heard, isUrgent);
  }

  private transmit(from: number, to: number, frame: Uint8Array, isUrgent: boolean): void {
    const link = this.link(from, to);
    link.framesSent += 1;
    if (link.state !== "open") return;
    // The real dialler drops it too, and says so (io/grpc).
    if (frame.length > FRAME_BYTES_MAX) {
      this.count("net.too-large");
      this.tooLarge ??= { from, to, bytes: frame.length };
      return;
    }
    const waitUs = isUrgent ? 0 : this.queueBulk(link, frame);
    if (waitUs === undefined) {
      this.count("net.overfull");
      this.options.trace?.("net.lost", from, to, frame);
      return;
    }
    if (link.cuts > 0) {
      this.lostInCut(link, frame);
      return;
    }
    const { rates } = link;
    const ordinal = link.framesSent;
    if (this.hits(DRAW.loss, link, ordinal, rates.lossPerMillion)) {
      this.count("net.loss");
      this.options.trace?.("net.lost", from, to, frame);
      return;
    }
    const delayUs = this.delayUs(DRAW.delay, link, ordinal);
    for (const extraUs of this.onFrame?.(from, to, frame) ?? AS_IT_IS) {
      const flight: Flight = {
        ordinal,
        frame: frame.slice(),
        incarnation: this.nodes[to].incarnation,
        isCopy: false,
        isDelayed: delayUs > 0,
        isGone: false,
      };
      const latencyUs = this.latencyUs(DRAW.latency, link, ordinal);
      this.launch(link, flight, waitUs + latencyUs + delayUs + extraUs, isUrgent);
    }
  }

  /** How long the frame waits before it leaves; undefined: it is dropped, over the link's budget. */
  private queueBulk(link: Link, frame: Uint8Array): number | undefined {
    const { bulk } = this.options.settings;
    if (!bulk) return 0;
    const bytes = link.bulkBytes + frame.length;
    const isTaken = link.bulkBytes === 0 || bytes <= bulk.bytesMax;
    const nowUs = this.options.now();
    if (isTaken) {
      link.bulkBytes = bytes;
      const takesUs = Math.ceil((frame.length * 1000) / bulk.bytesPerMs);
      link.bulkUntilUs = Math.max(nowUs, link.bulkUntilUs) + takesUs;
      const { lives } = link;
      this.options.schedule(link.bulkUntilUs, () => {
        if (link.lives === lives) this.bulkLeft(link, frame.length, bulk.bytesMax);
      });
    }
    // As the real one: it says so early, and what it drops it has always said before or says now.
    if ((!isTaken || link.bulkBytes * 4 > bulk.bytesMax) && !link.isFull) {
      link.isFull = true;
      this.count("net.full");
      this.options.deliver(link.from, { kind: "peer.full", peer: link.to });
    }
    return isTaken ? link.bulkUntilUs - nowUs : undefined;
  }

  private bulkLeft(link: Link, bytes: number, bytesMax: number): void {
    link.bulkBytes -= bytes;
    if (!link.isFull || link.bulkBytes * 16 > bytesMax) return;
    link.isFull = false;
    if (link.state === "open") {
      this.options.deliver(link.from, { kind: "peer.room", peer: link.to });
    }
  }

  private launch(link: Link, flight: Flight, delayUs: number, isUrgent = false): void {
    let atUs = this.options.now() + delayUs;
    const overtakes = isUrgent && this.options.settings.bulk !== undefined;
    if (this.options.settings.streamModel && overtakes) {
      atUs = Math.max(atUs, link.urgentUntilUs);
      link.urgentUntilUs = atUs;
    } else if (this.options.settings.streamModel) {
      atUs = Math.max(atUs, link.orderedUntilUs);
      link.orderedUntilUs = atUs;
    }
    link.flights.add(flight);
    this.options.schedule(atUs, () => void this.arrive(link, flight));
  }

  /** A frame reaches the far end of its link. Says whether the receiver got it. */
  private arrive(link: Link, flight: Flight): boolean {
    if (flight.isGone) return false;
    if (link.cuts > 0) {
      this.lose(link, flight);
      this.lostInCut(link, flight.frame);
      return false;
    }
    if (link.clogs > 0) {
      link.held.push(flight);
      return false;
    }
    return this.hand(link, flight);
  }

  private hand(link: Link, flight: Flight): boolean {
    this.lose(link, flight);
    const receiver = this.nodes[link.to];
    if (!receiver.isUp || receiver.incarnation !== flight.incarnation) return false;
    if (flight.isDelayed) this.count("net.delay");
    if (flight.isCopy) this.count("net.duplicate");
    else if (flight.ordinal < link.newestDelivered) this.count("net.reorder");
    link.newestDelivered = Math.max(link.newestDelivered, flight.ordinal);
    this.options.trace?.("net.frame", link.from, link.to, flight.frame);
    this.options.deliver(link.to, {
      kind: "peer.frame",
      peer: this.memberOf(link.from),
      frame: flight.frame,
    });
    if (!flight.isCopy) this.maybeDuplicate(link, flight);
    return true;
  }

  /** A delivered frame is queued again with a delay of its own. The receiver owns the first copy. */
  private maybeDuplicate(link: Link, flight: Flight): void {
    const { ordinal, incarnation } = flight;
    if (!this.hits(DRAW.duplicate, link, ordinal, link.rates.duplicatePerMillion)) return;
    const frame = flight.frame.slice();
    const delayUs = this.delayUs(DRAW.copyDelay, link, ordinal);
    this.launch(
      link,
      { ordinal, frame, incarnation, isCopy: true, isDelayed: false, isGone: false },
      this.latencyUs(DRAW.copyLatency, link, ordinal) + delayUs,
    );
  }

  private cutLink(link: Link): void {
    link.cuts += 1;
    if (link.cuts > 1 || link.state !== "open") return;
    const { detectMinUs, detectMaxUs } = this.options.settings;
    const { epoch } = link;
    const detectUs = between(this.draw(DRAW.detect, link, epoch), detectMinUs, detectMaxUs);
    const cutAtUs = this.options.now();
    link.cutAtUs = cutAtUs;
    this.options.schedule(cutAtUs + detectUs, () => {
      if (link.epoch === epoch && link.cuts > 0 && link.cutAtUs === cutAtUs) this.sayDown(link);
    });
  }

  private healLink(link: Link): void {
    if (link.cuts === 0) return;
    link.cuts -= 1;
    if (link.cuts === 0 && link.state === "down") this.scheduleConnect(link);
  }

  /** Ends a life. Its frames in flight are lost or, by draw, kept for after the reconnect. */
  private breakStream(link: Link): boolean {
    if (link.state !== "open") return false;
    this.sayLeft(link);
    link.state = "broken";
    link.epoch += 1;
    const { noticeMinUs, noticeMaxUs, latePerMillion } = this.options.settings;
    for (const flight of link.flights) {
      this.lose(link, flight);
      if (!this.hits(DRAW.late, link, flight.ordinal, latePerMillion)) continue;
      link.late.push({ ...flight, isGone: false });
    }
    link.held = [];
    const { epoch } = link;
    const noticeUs = between(this.draw(DRAW.notice, link, epoch), noticeMinUs, noticeMaxUs);
    this.options.schedule(this.options.now() + noticeUs, () => {
      if (link.epoch !== epoch) return;
      this.sayDown(link);
      this.scheduleConnect(link);
    });
    return true;
  }

  private sayDown(link: Link): void {
    if (link.state === "open") this.sayLeft(link);
    link.state = "down";
    link.epoch += 1;
    this.options.trace?.("net.down", link.from, link.to, undefined);
    this.options.deliver(link.from, { kind: "peer.down", peer: link.to });
  }

  /** One dial. If something is in its way when it ends, what clears the way dials again. */
  private scheduleConnect(link: Link): void {
    link.epoch += 1;
    const { epoch } = link;
    const { connectMinUs, connectMaxUs } = this.options.settings;
    const connectUs = between(this.draw(DRAW.connect, link, epoch), connectMinUs, connectMaxUs);
    this.options.schedule(this.options.now() + connectUs, () => {
      if (link.epoch === epoch && link.cuts === 0) this.introductions.show(link);
    });
  }

  /** The receiver sees the end of a stream that it had taken. */
  private sayLeft(link: Link): void {
    if (!this.nodes[link.to].isUp) return;
    this.options.deliver(link.to, { kind: "peer.left", peer: this.memberOf(link.from) });
  }

  private open(link: Link): void {
    link.state = "open";
    link.epoch += 1;
    link.lives += 1;
    link.orderedUntilUs = this.options.now();
    link.urgentUntilUs = this.options.now();
    link.bulkBytes = 0;
    link.bulkUntilUs = 0;
    link.isFull = false;
    this.options.trace?.("net.up", link.from, link.to, undefined);
    this.options.deliver(link.from, { kind: "peer.up", peer: link.to });
    const late = link.late;
    link.late = [];
    for (const flight of late) {
      const latencyUs = this.latencyUs(DRAW.lateLatency, link, flight.ordinal);
      link.flights.add(flight);
      this.options.schedule(this.options.now() + latencyUs, () => void this.arrive(link, flight));
    }
  }

  /** Takes a frame out of the air; what was scheduled for it does nothing. */
  private lose(link: Link, flight: Flight): void {
    flight.isGone = true;
    link.flights.delete(flight);
  }

  private lostInCut(link: Link, frame: Uint8Array): void {
    const isOneWay = this.link(link.to, link.from).cuts === 0;
    this.count(isOneWay ? "net.oneway" : "net.partition");
    this.options.trace?.("net.lost", link.from, link.to, frame);
  }

  private latencyUs(kind: number, link: Link, ordinal: number): number {
    const { latencyMinUs, latencyMaxUs } = this.options.settings;
    return between(this.draw(kind, link, ordinal), latencyMinUs, latencyMaxUs);
  }

  private delayUs(kind: number, link: Link, ordinal: number): number {
    const { delayMeanUs, delayCapUs } = link.rates;
    if (delayMeanUs === 0) return 0;
    return exponential(this.draw(kind, link, ordinal), delayMeanUs, delayCapUs);
  }

  private hits(kind: number, link: Link, ordinal: number, perMillion: PerMillion): boolean {
    return perMillion > 0 && chance(this.draw(kind, link, ordinal), perMillion);
  }

  private draw(kind: number, link: Link, ordinal: number): number {
    return draw(this.options.seed, kind, link.site, ordinal);
  }

  private count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  private link(from: number, to: number): Link {
    const isLink = from >= 1 && from <= this.last && to >= 1 && to <= this.last && from !== to;
    // Built only when it fails: every frame passes here.
    if (!isLink) assert(false, `N1: no link from node ${from} to node ${to}`);
    return this.links[from * (this.last + 1) + to];
  }

  /** Whom a node dials, and who dials it. Nobody dials a copy: its address is that of its original. */
  private *peersOf(node: number): Iterable<number> {
    const self = this.memberOf(node);
    for (let peer = 1; peer <= this.options.nodes; peer += 1) if (peer !== self) yield peer;
  }

  /** Number of the last place: those above the nodes are for copies of them. */
  private get last(): number {
    return this.options.nodes + COPIES;
  }

  /** What this place says it is. */
  private memberOf(number: number): number {
    return this.copyOf.get(number) ?? number;
  }
}
