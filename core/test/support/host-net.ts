// Some hosts with links, disks and time driven by hand. Nothing is drawn and nothing happens by itself: a letter
// arrives and a batch is synced at once unless the script holds it, and time stands still until it is passed.
// A message is a letter of its own, so that one kind can be held back while others overtake it.

import type { ClientEffect } from "../../src/contract/api.js";
import { Host } from "../../src/host/host.js";
import type { HostEvent } from "../../src/host/host-event.js";
import { crc32 } from "../../src/lib/crc32.js";
import { DEFAULT_DEFAULTS, DEFAULT_LIMITS, DEFAULT_TIMING } from "../../src/member/config.js";
import type { HostObserver } from "../../src/member/observer.js";
import { NEWEST_LEVEL } from "../../src/machine/levels/known.js";
import type { DiskBatch } from "../../src/store/persistence.js";
import { decodeFrame, FrameBuilder, type FrameHead } from "../../src/wire/frames.js";
import { encodeIdentity } from "../../src/wire/identity-record.js";
import type { PeerMessage } from "../../src/wire/messages.js";
import { entriesOf, foundingOf, type Store } from "./host-rig.js";

export interface NetNode {
  readonly name: string;
  readonly place: number;
  /** What its disk has synced; a crash leaves this and nothing else. */
  readonly store: Store;
  identity: Uint8Array | undefined;
  /** Undefined: its process is not there. */
  host: Host | undefined;
  isDiskHeld: boolean;
  batch: DiskBatch | undefined;
  heldIdentity: Uint8Array | undefined;
  inbox: HostEvent[];
}

interface Letter {
  readonly from: NetNode;
  readonly to: NetNode;
  readonly head: FrameHead;
  readonly message: PeerMessage;
}

export interface Hold {
  readonly from: string;
  readonly to: string;
  /** Undefined: every kind. */
  readonly kind: string | undefined;
}

export type Fate = "sent" | "held" | "lost";

export interface NetWatcher {
  observerOf(node: string): HostObserver;
  letter(from: string, to: string, message: PeerMessage, fate: Fate): void;
  effect(node: string, effect: ClientEffect): void;
  ended(node: string, sentence: string): void;
}

const TICK_MS = DEFAULT_TIMING.tickMs;
/** When a net's time begins; transcripts count from here. */
export const START_MS = 1_000_000;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export class HostNet {
  readonly nodes: readonly NetNode[];
  private readonly watcher: NetWatcher;
  private letters: Letter[] = [];
  private held: Letter[] = [];
  holds: Hold[] = [];
  private cuts = new Set<string>();
  nowMs = START_MS;
  private nextTickMs = START_MS + TICK_MS;

  /** `isForming`: the nodes have never met, and none is started. */
  constructor(count: number, watcher: NetWatcher, isForming = false) {
    this.watcher = watcher;
    const names = Array.from({ length: count }, (_, i) => `n${i + 1}`);
    this.nodes = names.map((name, i) => ({
      name,
      place: i + 1,
      store: new Map<string, Uint8Array>(),
      identity: isForming ? undefined : this.formed(names),
      host: undefined,
      isDiskHeld: false,
      batch: undefined,
      heldIdentity: undefined,
      inbox: [],
    }));
  }

  private members(names: readonly string[]): { name: string; address: string }[] {
    return names.map((name) => ({ name, address: `${name}:8300` }));
  }

  private formed(names: readonly string[]): Uint8Array {
    return encodeIdentity({
      level: NEWEST_LEVEL.number,
      draft: NEWEST_LEVEL.draft,
      boots: 0,
      nonce: { hi: 0, lo: 0 },
      isFormed: true,
      founding: foundingOf(this.members(names)),
      met: new Map(),
    });
  }

  node(name: string): NetNode {
    const found = this.nodes.find((node) => node.name === name);
    if (!found) throw new Error(`there is no node ${name}`);
    return found;
  }

  // --- lives -----------------------------------------------------------------------------------------

  start(node: NetNode): void {
    if (node.host) throw new Error(`${node.name} runs already`);
    node.host = new Host(
      {
        node: node.name,
        members: this.members(this.nodes.map(({ name }) => name)),
        seedHi: 1,
        seedLo: node.place,
        keySeed: [1, 2, 3, node.place],
        timing: DEFAULT_TIMING,
        limits: DEFAULT_LIMITS,
        defaults: DEFAULT_DEFAULTS,
      },
      this.watcher.observerOf(node.name),
    );
    const { identity, name } = node;
    node.inbox = [{ kind: "disk.opened", token: 0, storeId: `store-${name}`, identity }];
    this.tellLinks(node, "peer.up");
    this.settle();
  }

  /** What was not synced is lost, and so is what was on its way here. */
  crash(node: NetNode): void {
    node.host = undefined;
    node.inbox = [];
    node.batch = undefined;
    node.heldIdentity = undefined;
    node.isDiskHeld = false;
    this.letters = this.letters.filter(({ to }) => to !== node);
    this.held = this.held.filter(({ to }) => to !== node);
    this.tellLinks(node, "peer.down");
    this.settle();
  }

  private tellLinks(node: NetNode, kind: "peer.up" | "peer.down"): void {
    for (const other of this.nodes) {
      if (other === node || !this.isLinked(node, other)) continue;
      if (!other.host) continue;
      other.inbox.push({ kind, peer: node.place });
      if (node.host) node.inbox.push({ kind, peer: other.place });
    }
  }

  // --- links -----------------------------------------------------------------------------------------

  private isLinked(a: NetNode, b: NetNode): boolean {
    return !this.cuts.has(`${a.name} ${b.name}`);
  }

  cut(a: NetNode, b: NetNode): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ]) {
      this.cuts.add(`${from.name} ${to.name}`);
      if (from.host) from.inbox.push({ kind: "peer.down", peer: to.place });
    }
    this.settle();
  }

  mend(): void {
    for (const pair of this.cuts) {
      const [from, to] = pair.split(" ").map((name) => this.node(name));
      if (from.host) from.inbox.push({ kind: "peer.up", peer: to.place });
    }
    this.cuts.clear();
    this.settle();
  }

  /** What is held goes on its way, `times` times, or never. */
  letGo(times: number): void {
    this.holds = [];
    const { held } = this;
    this.held = [];
    for (let i = 0; i < times; i += 1) this.letters.push(...held);
    this.settle();
  }

  private post(letter: Letter): void {
    const { from, to, message } = letter;
    const isHeld = this.holds.some(
      (h) =>
        h.from === from.name &&
        h.to === to.name &&
        (h.kind === undefined || h.kind === message.kind),
    );
    const isLost = !to.host || !this.isLinked(from, to);
    this.watcher.letter(from.name, to.name, message, isLost ? "lost" : isHeld ? "held" : "sent");
    if (isLost) return;
    if (isHeld) this.held.push(letter);
    else this.letters.push(letter);
  }

  private deliver(): boolean {
    const { letters } = this;
    this.letters = [];
    for (const { from, to, head, message } of letters) {
      if (!to.host || !this.isLinked(from, to)) continue;
      const builder = new FrameBuilder(head, crc32);
      builder.add(message);
      to.inbox.push({ kind: "peer.frame", peer: from.place, frame: builder.take() });
    }
    return letters.length > 0;
  }

  // --- turns -----------------------------------------------------------------------------------------

  /** Everything happens that needs no time. */
  settle(): void {
    for (let i = 0; i < 10_000; i += 1) {
      let isBusy = false;
      for (const node of this.nodes) {
        if (node.host && (node.inbox.length > 0 || node.host.wantsTurn)) {
          this.turn(node, node.host);
          isBusy = true;
        }
        if (this.sync(node)) isBusy = true;
      }
      if (this.deliver()) isBusy = true;
      if (!isBusy) return;
    }
    throw new Error("the hosts do not come to rest");
  }

  /** As io/turn runs it. */
  private turn(node: NetNode, host: Host): void {
    const { inbox } = node;
    node.inbox = [];
    host.setTime(this.nowMs * 1000, this.nowMs);
    for (const event of inbox) {
      host.step(event);
      if (host.fatalMessage === undefined) continue;
      this.watcher.ended(node.name, host.fatalMessage);
      this.crash(node);
      return;
    }
    host.collect();
    this.takeFrames(node, host);
    node.heldIdentity = host.takeIdentity() ?? node.heldIdentity;
    node.batch ??= host.takeDiskBatch();
    host.applyCommitted();
    this.takeFrames(node, host);
    for (const effect of host.takeClientEffects()) this.watcher.effect(node.name, effect);
    for (const { token, from, to } of host.takeReads()) {
      const entries = entriesOf(node.store).filter(
        ({ key }) => hex(key) >= hex(from) && hex(key) < hex(to),
      );
      node.inbox.push({ kind: "disk.scanned", token, entries, done: true });
    }
  }

  private takeFrames(node: NetNode, host: Host): void {
    for (const { peer, frame } of host.takeFrames()) {
      const to = this.nodes[peer - 1];
      const { messages, ...head } = decodeFrame(frame, crc32);
      for (const message of messages) this.post({ from: node, to, head, message });
    }
  }

  private sync(node: NetNode): boolean {
    const { batch, heldIdentity, host } = node;
    if (!host || node.isDiskHeld || (!batch && !heldIdentity)) return false;
    if (heldIdentity) {
      node.identity = heldIdentity;
      node.heldIdentity = undefined;
      node.inbox.push({ kind: "disk.identified", token: 0 });
    }
    if (batch) {
      node.batch = undefined;
      for (const op of batch.ops) {
        if (op.type === "put") node.store.set(hex(op.key), op.value);
        else node.store.delete(hex(op.key));
      }
      node.inbox.push({ kind: "disk.written", token: batch.n });
    }
    return true;
  }

  tell(node: NetNode, event: HostEvent): void {
    if (!node.host) throw new Error(`${node.name} does not run`);
    node.inbox.push(event);
    this.settle();
  }

  // --- time ------------------------------------------------------------------------------------------

  /**
   * Time passes for all; only the named nodes' ticks come. `isDone` is asked after each step. Timers that are
   * due wake their host to the millisecond.
   */
  pass(ms: number, ticking: readonly NetNode[], isDone: () => boolean = () => false): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs && !isDone()) {
      const dues = this.nodes.map(({ host }) => (host ? host.nextDueUs() / 1000 : Infinity));
      this.nowMs = Math.min(
        endMs,
        this.nextTickMs,
        ...dues.map((due) => Math.max(due, this.nowMs + 1)),
      );
      if (this.nowMs === this.nextTickMs) {
        this.nextTickMs += TICK_MS;
        for (const node of ticking) if (node.host) node.inbox.push({ kind: "tick" });
      }
      for (const [i, node] of this.nodes.entries()) {
        if (node.host && dues[i] <= this.nowMs) this.turn(node, node.host);
      }
      this.settle();
    }
  }
}
