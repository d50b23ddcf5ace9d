// One host driven by hand: its turn as io/turn runs it, a disk of which the test decides what is synced
// when, and frames to and from peers that the test plays.

import type { ClientEffect, ClientRequest } from "../../src/contract/api.js";
import type { CardVerdict } from "../../src/host/lives.js";
import { Host } from "../../src/host/host.js";
import type { HostEvent } from "../../src/host/host-event.js";
import {
  DEFAULT_DEFAULTS,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  type ClusterMember,
  type LimitsConfig,
} from "../../src/member/config.js";
import type { DiskBatch } from "../../src/store/persistence.js";
import { NEWEST_LEVEL } from "../../src/machine/levels/known.js";
import { crc32 } from "../../src/lib/crc32.js";
import { decodeFrame, FrameBuilder, type FrameHead } from "../../src/wire/frames.js";
import { decodeNodeRecord } from "../../src/wire/disk-records.js";
import { encodeIdentity, type Founding } from "../../src/wire/identity-record.js";
import type { PeerMessage } from "../../src/wire/messages.js";

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Key in hex to value: sorting the keys as text sorts them as bytes. */
export type Store = Map<string, Uint8Array>;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export function entriesOf(store: Store): Entry[] {
  const keys = [...store.keys()].sort((a, b) => (a < b ? -1 : 1));
  return keys.map((key) => ({
    key: Uint8Array.from(Buffer.from(key, "hex")),
    value: store.get(key) ?? new Uint8Array(0),
  }));
}

/** As the store's own record says; of a record that cannot be read nobody comes to ask. */
function countedStarts(store: Store): number {
  const record = store.get("01");
  try {
    return record ? decodeNodeRecord(record) : 0;
  } catch {
    return 0;
  }
}

/** The record of a cluster of these members, formed long ago. */
export function foundingOf(members: readonly ClusterMember[]): Founding {
  const founders = members.map(({ name }, i) => {
    return { id: i + 1, name, storeId: `store-${name}`, machine: name };
  });
  return { cluster: { hi: 0xc105, lo: 0x7e5 }, attempt: 1, bornMs: 0, founders };
}

export interface SentMessage {
  readonly to: number;
  readonly message: PeerMessage;
}

export class HostRig {
  readonly host: Host;
  readonly members: readonly ClusterMember[];
  readonly store: Store;
  /** What lies beside the store; by default of a member of a formed cluster. */
  identity: Uint8Array | undefined;
  /** Identities wait for `identify` instead of being synced at once. */
  holdsIdentity = false;
  private heldIdentity: Uint8Array | undefined;
  readonly verdicts: CardVerdict[] = [];
  /** The batch that was submitted and not synced yet. */
  inFlight: DiskBatch | undefined;
  /** Every batch in order, and what the store held before it. */
  readonly history: { readonly batch: DiskBatch; readonly before: Store }[] = [];
  sent: SentMessage[] = [];
  effects: ClientEffect[] = [];
  nowMs = 1_000_000;
  private nextRequest = 1;
  private peerIncarnation = 1;

  constructor(options: { nodes?: number; store?: Store; limits?: Partial<LimitsConfig> } = {}) {
    const { nodes = 1, store = new Map<string, Uint8Array>(), limits = {} } = options;
    this.store = store;
    this.members = Array.from({ length: nodes }, (_, i) => ({
      name: `n${i + 1}`,
      address: `host${i + 1}:8300`,
    }));
    const counted = countedStarts(store);
    this.identity = encodeIdentity({
      level: NEWEST_LEVEL.number,
      draft: NEWEST_LEVEL.draft,
      boots: counted,
      nonce: { hi: 0, lo: 0 },
      isFormed: true,
      founding: foundingOf(this.members),
      met: new Map(),
    });
    this.host = new Host({
      node: "n1",
      members: this.members,
      seedHi: 1,
      seedLo: 2,
      keySeed: [1, 2, 3, 4],
      timing: DEFAULT_TIMING,
      limits: { ...DEFAULT_LIMITS, ...limits },
      defaults: DEFAULT_DEFAULTS,
    });
  }

  /** One turn over these events; nothing is synced by it. */
  turn(...events: readonly HostEvent[]): void {
    const { host } = this;
    host.setTime(this.nowMs * 1000, this.nowMs);
    for (const event of events) host.step(event);
    host.collect();
    this.takeFrames();
    this.submit();
    host.applyCommitted();
    this.takeFrames();
    this.effects.push(...host.takeClientEffects());
    for (const read of host.takeReads()) {
      const found = entriesOf(this.store).filter(
        ({ key }) => hex(key) >= hex(read.from) && hex(key) < hex(read.to),
      );
      // In chunks of three, as a port may.
      const entries = found.slice(0, 3);
      const done = entries.length === found.length;
      this.turn({ kind: "disk.scanned", token: read.token, entries, done });
    }
    const identity = host.takeIdentity();
    if (!identity) return;
    this.heldIdentity = identity;
    if (!this.holdsIdentity) this.identify();
  }

  /** The identity that was submitted is synced. */
  identify(): void {
    this.identity = this.heldIdentity;
    this.turn({ kind: "disk.identified", token: 0 });
  }

  private takeFrames(): void {
    for (const { peer, frame } of this.host.takeFrames()) {
      for (const message of decodeFrame(frame, crc32).messages)
        this.sent.push({ to: peer, message });
    }
  }

  private submit(): void {
    const batch = this.host.takeDiskBatch();
    if (!batch) return;
    if (this.inFlight) throw new Error("one batch is in flight at a time");
    this.inFlight = batch;
  }

  /** The batch in flight is synced; its completion is a turn of its own. */
  sync(): void {
    const batch = this.inFlight;
    if (!batch) throw new Error("a batch must be in flight");
    this.inFlight = undefined;
    this.history.push({ batch, before: new Map(this.store) });
    for (const op of batch.ops) {
      if (op.type === "put") this.store.set(hex(op.key), op.value);
      else this.store.delete(hex(op.key));
    }
    this.turn({ kind: "disk.written", token: batch.n });
  }

  /** Turns and syncs until there is nothing left to do. */
  settle(): void {
    for (let i = 0; i < 1000; i += 1) {
      if (this.inFlight) this.sync();
      else if (this.host.wantsTurn) this.turn();
      else return;
    }
    throw new Error("the host does not come to rest");
  }

  /** Opens the store; the record that counts this start is in flight afterwards. */
  open(): void {
    const { identity } = this;
    this.turn({ kind: "disk.opened", token: 0, storeId: "store-n1", identity });
    if (!this.inFlight && this.host.wantsTurn) this.turn();
  }

  start(): void {
    this.open();
    this.settle();
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += DEFAULT_TIMING.tickMs) {
      this.nowMs += DEFAULT_TIMING.tickMs;
      this.turn({ kind: "tick" });
    }
  }

  /** A client's request and everything that follows from it; returns the answer. */
  ask(request: ClientRequest): unknown {
    const requestId = this.nextRequest;
    this.nextRequest += 1;
    this.turn({ kind: "client.request", requestId, request });
    this.settle();
    const found = this.effects.find((e) => e.kind === "client.reply" && e.requestId === requestId);
    return found?.kind === "client.reply" ? found.result : undefined;
  }

  /** A frame of a peer; `head` changes what its header says. */
  frameOf(
    peer: number,
    messages: readonly PeerMessage[],
    head: Partial<FrameHead> = {},
  ): Uint8Array {
    const { cluster } = foundingOf(this.members);
    const all = {
      clusterHi: cluster.hi,
      clusterLo: cluster.lo,
      sender: peer,
      senderIncarnation: this.peerIncarnation,
      ...head,
    };
    const builder = new FrameBuilder(all, crc32);
    for (const m of messages) builder.add(m);
    return builder.take();
  }

  /** Messages of a peer arrive, in a turn of their own. */
  from(peer: number, ...messages: readonly PeerMessage[]): void {
    this.turn({ kind: "peer.frame", peer, frame: this.frameOf(peer, messages) });
  }

  /** What was sent since the last call, of the given kinds. */
  take(...kinds: readonly PeerMessage["kind"][]): SentMessage[] {
    const taken = this.sent.filter((s) => kinds.includes(s.message.kind));
    this.sent = [];
    return taken;
  }
}
