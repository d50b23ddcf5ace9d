// One node: many groups, routing, client streams. Synchronous and deterministic: events go in through
// `step`, the turn (io/turn) drains what must leave. Nothing here reads a clock, a disk or a network.

import { ClusterMachine, type PartitionPlace, type TopicRecord } from "../cluster/cluster.js";
import { Partition } from "../delivery/partition.js";
import { InvariantViolation } from "../lib/assert.js";
import { MalformedInput } from "../lib/bytes.js";
import type { Crc32 } from "../lib/crc32.js";
import { hash32 } from "../lib/hash.js";
import {
  countOwnVote,
  onPreVote,
  onPreVoteReply,
  onVote,
  onVoteReply,
  tickElection,
  tickLeader,
} from "../raft/election.js";
import { RaftGroup, type RaftSettings } from "../raft/group.js";
import {
  maybeCommit,
  onAppend,
  onAppendReply,
  refilled,
  tickReplication,
} from "../raft/replication.js";
import { encodeNodeRecord, Tag, tagKey } from "../wire/disk-records.js";
import { decodeFrame } from "../wire/frames.js";
import { encodeIntent } from "../wire/intents.js";
import type { PeerMessage, RaftMessage } from "../wire/messages.js";
import type { ClientEffect, ClientEvent } from "./api.js";
import { Applier } from "./apply.js";
import { Beats } from "./beats.js";
import { DamagedStore, StoreReader, type RestoredStore } from "./boot.js";
import { HostContext, type OutgoingFrame } from "./context.js";
import { Streams } from "./edge/streams.js";
import { onAsk, onDigestRequest, onGrantRequest } from "./grants.js";
import { GroupSlot, type Machine } from "./group-slot.js";
import { Leader } from "./leader.js";
import { currentBlocks, LogReads, type LogRead } from "./log-reads.js";
import type { HostConfig } from "./node-config.js";
import type { HostObserver } from "./observer.js";
import { Operations } from "./operations.js";
import { Persistence, type Batch, type StoreOp } from "./persistence.js";
import { RaftAdapter } from "./raft-adapter.js";
import type { NodeStatus } from "./status.js";
import { statusOf } from "./status-of.js";

/** Token of the scan that reads the store at start; log reads count from 1. */
export const BOOT_TOKEN = 0;
const BOOT_SCAN_BYTES = 4 << 20;
const DUE_GRAIN_MS = 10;

/** What the turn feeds in. Disk events are those of io/ports.ts. */
export type HostEvent =
  | ClientEvent
  | { readonly kind: "tick" }
  | { readonly kind: "peer.frame"; readonly peer: number; readonly frame: Uint8Array }
  | { readonly kind: "peer.up" | "peer.down"; readonly peer: number }
  | { readonly kind: "disk.opened"; readonly token: number; readonly isNew: boolean }
  | { readonly kind: "disk.written"; readonly token: number }
  | {
      readonly kind: "disk.scanned";
      readonly token: number;
      readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
      readonly done: boolean;
    }
  | { readonly kind: "disk.got"; readonly token: number; readonly value: Uint8Array | undefined }
  | { readonly kind: "disk.failed"; readonly token: number; readonly message: string };

export class Host {
  readonly context: HostContext;
  private readonly persistence = new Persistence();
  private readonly reads = new LogReads();
  private readonly beats: Beats;
  private readonly leader: Leader;
  private readonly applier: Applier;
  private readonly adapter: RaftAdapter;
  readonly operations: Operations;
  readonly streams: Streams;
  private readonly settings: RaftSettings;
  /** The store as read at start; groups take their part when the meta table names them. */
  private restored: RestoredStore | undefined;
  private readonly reader: StoreReader;
  private bootScan: LogRead | undefined;
  private extraOps: StoreOp[] = [];
  private bootBatch = 0;
  isReady = false;
  /** Set when the node cannot go on: the turn stops the process with it. */
  fatalMessage: string | undefined;
  private readonly peerIncarnations: number[];
  /** Where each partition's group lives. */
  private readonly places = new Map<number, { place: PartitionPlace; topic: string }>();
  private events = 0;
  private framesReceived = 0;
  private framesRefused = 0;
  private leaderChanges = 0;
  turns = 0;

  constructor(config: HostConfig, observer?: HostObserver, crc?: Crc32) {
    this.context = new HostContext(config, observer, crc);
    this.reader = new StoreReader(config.limits.logTailBytesMax);
    this.settings = raftSettings(config);
    this.peerIncarnations = config.members.map(() => 0);
    const guard = (slot: GroupSlot, step: () => void): void => this.guard(slot, step);
    this.beats = new Beats(this.context, guard);
    this.leader = new Leader(this.context, this.beats);
    this.adapter = new RaftAdapter({
      context: this.context,
      persistence: this.persistence,
      reads: this.reads,
      leader: this.leader,
      onRoleChanged: (slot) => this.onRoleChanged(slot),
    });
    this.applier = new Applier({
      context: this.context,
      leader: this.leader,
      reads: this.reads,
      guard,
      onServing: (slot) => this.checkEdges(slot),
      onMetaApplied: () => this.operations.metaApplied(),
    });
    this.operations = new Operations(this.context, {
      lookedUp: (stream, failure) => this.streams.topicsCurrent(stream, failure),
    });
    this.streams = new Streams(this.context, this.operations, {
      findTopic: (topic) => this.cluster()?.topics.get(topic),
      findPlace: (group) => this.places.get(group)?.place,
      lookUp: (stream) => this.operations.lookUpFor(stream),
    });
  }

  private cluster(): ClusterMachine | undefined {
    const machine = this.context.groups.get(0)?.machine;
    return machine?.kind === "cluster" ? machine.cluster : undefined;
  }

  // --- the turn's calls, in the turn's order -------------------------------------------------------

  /** Time is read once per turn, by the turn. */
  setTime(monotonicUs: number, wallMs: number): void {
    this.context.monotonicMs = Math.floor(monotonicUs / 1000);
    this.context.wallMs = wallMs;
    this.context.wantsTurn = false;
    this.turns += 1;
  }

  step(event: HostEvent): void {
    this.events += 1;
    this.dispatch(event);
    this.drainLoopback();
  }

  /** Leaders put what is queued into entries; due beats join the frames. */
  collect(): void {
    if (!this.isReady) return;
    for (const slot of this.context.groups.values())
      this.guard(slot, () => this.leader.collect(slot));
    this.beats.flush(this.isDiskStalled());
    this.drainLoopback();
  }

  takeFrames(): readonly OutgoingFrame[] {
    return this.isReady ? this.context.takeFrames() : [];
  }

  takeBatch(): Batch | undefined {
    if (!this.isReady && this.extraOps.length === 0) return undefined;
    const batch = this.persistence.takeBatch(this.context.monotonicMs, this.extraOps);
    if (!batch) return undefined;
    if (this.extraOps.length > 0) this.bootBatch = batch.n;
    this.extraOps = [];
    return batch;
  }

  takeReads(): readonly LogRead[] {
    const reads = this.reads.take();
    if (!this.bootScan) return reads;
    const all = [this.bootScan, ...reads];
    this.bootScan = undefined;
    return all;
  }

  applyCommitted(): void {
    if (!this.isReady) return;
    if (this.applier.run()) this.context.wantsTurn = true;
    this.drainLoopback();
  }

  takeClientEffects(): readonly ClientEffect[] {
    const effects = this.context.clientEffects;
    this.context.clientEffects = [];
    return effects;
  }

  /** When a timer of a group that this node leads is due, in steps of 10 ms (D-19); Infinity: never. */
  nextDueUs(): number {
    let dueMs = Infinity;
    for (const slot of this.context.groups.values()) dueMs = Math.min(dueMs, slot.dueMs);
    if (dueMs === Infinity) return Infinity;
    const laterMs = Math.max(dueMs, this.context.monotonicMs + 1);
    return Math.ceil(laterMs / DUE_GRAIN_MS) * DUE_GRAIN_MS * 1000;
  }

  get wantsTurn(): boolean {
    return this.context.wantsTurn;
  }

  // --- events --------------------------------------------------------------------------------------

  private dispatch(event: HostEvent): void {
    switch (event.kind) {
      case "tick":
        if (this.isReady) this.tick();
        break;
      case "peer.frame":
        if (this.isReady) this.onFrame(event.frame);
        break;
      case "peer.up":
      case "peer.down":
      case "disk.got":
        break;
      case "disk.opened":
        this.bootScan = {
          token: BOOT_TOKEN,
          from: tagKey(0),
          to: tagKey(Tag.end),
          bytesMax: BOOT_SCAN_BYTES,
        };
        break;
      case "disk.scanned":
        this.onScanned(event);
        break;
      case "disk.written":
        this.onWritten(event.token);
        break;
      case "disk.failed":
        this.fatalMessage ??= event.message;
        break;
      case "client.request":
        if (this.isReady) this.operations.onClientRequest(event.requestId, event.request);
        else this.refuseStarting(event.requestId);
        break;
      case "stream.filter":
        this.streams.onFilter(event);
        break;
      case "stream.credits":
        this.streams.onCredits(event.streamId, event.credits);
        break;
      case "stream.half-close":
        this.streams.onHalfClose(event.streamId);
        break;
      case "stream.cancel":
        this.streams.onCancel(event.streamId);
        break;
    }
  }

  private refuseStarting(requestId: number): void {
    const message = "this node is still starting; try again or ask another node";
    const result = { ok: false as const, failure: { code: "UNAVAILABLE" as const, message } };
    this.context.reply({ kind: "client.reply", requestId, result });
  }

  private tick(): void {
    for (const slot of this.context.groups.values()) {
      this.guard(slot, () => {
        const g = slot.raft;
        if (!g.isLeader) tickElection(g);
        else {
          tickLeader(g);
          if (!g.isLeader) return;
          tickReplication(g);
        }
      });
    }
    this.beats.tick();
    this.operations.tick();
    this.streams.tick();
  }

  private isDiskStalled(): boolean {
    return (
      this.persistence.writingForMs(this.context.monotonicMs) >
      this.context.config.timing.diskStallMs
    );
  }

  // --- start ---------------------------------------------------------------------------------------

  private onScanned(event: Extract<HostEvent, { kind: "disk.scanned" }>): void {
    if (event.token !== BOOT_TOKEN) {
      this.onLogRead(event);
      return;
    }
    try {
      for (const { key, value } of event.entries) this.reader.take(key, value);
      if (event.done) this.restore(this.reader.finish());
      else this.continueScan(event.entries);
    } catch (error) {
      if (!(error instanceof DamagedStore)) throw error;
      this.fatalMessage = error.message;
    }
  }

  private continueScan(entries: readonly { readonly key: Uint8Array }[]): void {
    const last = entries[entries.length - 1].key;
    // The least key above the last one.
    const from = new Uint8Array(last.length + 1);
    from.set(last);
    this.bootScan = { token: BOOT_TOKEN, from, to: tagKey(Tag.end), bytesMax: BOOT_SCAN_BYTES };
  }

  private restore(store: RestoredStore): void {
    this.restored = store;
    this.persistence.restore(
      store.boots + 1,
      store.lastBatch,
      store.lastHash,
      store.lastDirty,
      store.keptBatches,
    );
    this.context.incarnation = store.boots + 1;
    this.extraOps = [
      { type: "put", key: tagKey(Tag.node), value: encodeNodeRecord(store.boots + 1) },
    ];
    this.context.wantsTurn = true;
  }

  /** The new incarnation is synced: the node takes part. */
  private becomeReady(): void {
    this.isReady = true;
    this.peerIncarnations[this.context.self - 1] = this.context.incarnation;
    this.context.openFrames();
    const cluster = new ClusterMachine(this.context.memberCount, {
      topicCreated: (record) => this.topicCreated(record),
      topicDeleted: (record) => this.topicDeleted(record),
    });
    const voters = this.context.config.members.map((_, i) => i + 1);
    this.addGroup(0, 0, voters, { kind: "cluster", cluster });
  }

  // --- groups --------------------------------------------------------------------------------------

  private addGroup(
    id: number,
    incarnation: number,
    voters: readonly number[],
    machine: Machine,
  ): void {
    const { config, self } = this.context;
    const raft = new RaftGroup({
      id,
      incarnation,
      self,
      voters,
      settings: this.settings,
      host: this.adapter,
      jitterSeed: hash32(config.seedHi, config.seedLo, 0x6a697474),
    });
    const stored = this.restored?.groups.get(id);
    if (stored) {
      for (const b of stored.blocks) raft.log.restore(b.header, b.size, b.block, b.last);
      raft.restoreHardState(stored.hardState);
    }
    // The preferred leader of a new group campaigns at once (D-50).
    raft.isEager = raft.term === 0 && voters[0] === self;
    const slot = new GroupSlot(raft, machine);
    this.context.groups.set(id, slot);
  }

  private topicCreated(record: TopicRecord): void {
    const { limits } = this.context.config;
    for (const place of record.partitions) {
      this.places.set(place.group, { place, topic: record.topic });
      if (!place.voters.includes(this.context.self)) continue;
      const partition = new Partition(place.group, record.settings.mode, limits);
      this.addGroup(place.group, place.incarnation, place.voters, {
        kind: "partition",
        partition,
        topic: record.topic,
        partitionId: place.partition,
      });
    }
  }

  private topicDeleted(record: TopicRecord): void {
    for (const place of record.partitions) {
      const slot = this.context.groups.get(place.group);
      if (slot) this.leader.lostLeadership(slot);
      this.context.groups.delete(place.group);
      if (slot) this.context.touched.delete(slot);
      this.places.delete(place.group);
    }
    this.streams.topicDeleted(record.topic);
  }

  private onRoleChanged(slot: GroupSlot): void {
    if (slot.raft.leader === 0) return;
    this.leaderChanges += 1;
    this.streams.leaderChanged(slot.id);
  }

  /** Runs a step of one group; a broken invariant stops that group here and nothing of it leaves (D-40). */
  private guard(slot: GroupSlot, step: () => void): void {
    if (slot.stoppedBecause !== undefined) return;
    this.context.touched.add(slot);
    const marks = this.context.markOutbox();
    try {
      step();
    } catch (error) {
      if (error instanceof MalformedInput) {
        this.framesRefused += 1;
        return;
      }
      if (!(error instanceof InvariantViolation)) throw error;
      this.context.cutOutbox(marks);
      slot.stoppedBecause = error.message;
      this.context.observer?.groupStopped(slot.id, `${error.message}\n${error.stack ?? ""}`);
    }
  }

  // --- disk ----------------------------------------------------------------------------------------

  private onWritten(n: number): void {
    for (const { slot, seq } of this.persistence.written(n)) {
      this.guard(slot, () => {
        const g = slot.raft;
        g.persisted(seq);
        countOwnVote(g);
        maybeCommit(g);
        this.adapter.releaseHeld(slot);
      });
    }
    if (n === this.bootBatch && !this.isReady) this.becomeReady();
    if (this.persistence.hasDirty) this.context.wantsTurn = true;
  }

  private onLogRead(event: Extract<HostEvent, { kind: "disk.scanned" }>): void {
    const read = this.reads.finish(event.token);
    if (!read) return;
    const { slot, purpose, fromIndex } = read;
    const values = event.entries.map((e) => e.value);
    this.guard(slot, () => {
      if (purpose.type === "apply") this.applier.refilled(slot, currentBlocks(slot, values));
      else refilled(slot.raft, purpose.peer, fromIndex, values);
    });
    this.context.wantsTurn = true;
  }

  // --- peers ---------------------------------------------------------------------------------------

  private onFrame(bytes: Uint8Array): void {
    this.framesReceived += 1;
    let frame;
    try {
      frame = decodeFrame(bytes, this.context.crc);
    } catch (error) {
      if (!(error instanceof MalformedInput)) throw error;
      this.framesRefused += 1;
      return;
    }
    const { cluster, memberCount } = this.context;
    const isOurs = frame.clusterHi === cluster.hi && frame.clusterLo === cluster.lo;
    if (!isOurs || frame.sender < 1 || frame.sender > memberCount) {
      this.framesRefused += 1;
      return;
    }
    const known = this.peerIncarnations[frame.sender - 1];
    // What an earlier life of the sender said is void: it may have promised what it lost.
    if (frame.senderIncarnation < known) return;
    if (frame.senderIncarnation > known) this.peerIsNew(frame.sender, frame.senderIncarnation);
    for (const message of frame.messages) this.onMessage(frame.sender, message);
  }

  private peerIsNew(peer: number, incarnation: number): void {
    const isReplaced = this.peerIncarnations[peer - 1] !== 0;
    this.peerIncarnations[peer - 1] = incarnation;
    if (isReplaced) this.operations.router.peerReplaced(peer);
    for (const slot of this.context.groups.values()) this.checkEdges(slot);
  }

  /** Leases of an edge's earlier incarnation are shortened by their leader (D-24). */
  private checkEdges(slot: GroupSlot): void {
    if (!slot.isServing || slot.machine.kind !== "partition") return;
    const { partition } = slot.machine;
    for (let edge = 1; edge <= this.context.memberCount; edge += 1) {
      const held = partition.streams.incarnationOf(edge);
      const edgeIncarnation = this.peerIncarnations[edge - 1];
      if (held === 0 || held >= edgeIncarnation) continue;
      const graceMs = this.context.config.defaults.disconnectGraceMs;
      const intent = encodeIntent({ kind: "edge.replaced", edge, edgeIncarnation, graceMs });
      slot.queue.push({ intent, origin: { type: "none" }, isEnqueue: false });
      this.context.touched.add(slot);
    }
  }

  private drainLoopback(): void {
    const { loopback, self } = this.context;
    for (let i = 0; i < loopback.length; i += 1) this.onMessage(self, loopback[i]);
    loopback.length = 0;
  }

  private onMessage(from: number, m: PeerMessage): void {
    switch (m.kind) {
      case "pre-vote":
      case "pre-vote.reply":
      case "vote":
      case "vote.reply":
      case "append":
      case "append.reply":
        this.onRaftMessage(from, m);
        break;
      case "beat":
        this.beats.onBeat(from, m, this.isDiskStalled());
        break;
      case "beat.reply":
        this.beats.onBeatReply(from, m);
        break;
      case "request":
        this.leader.onRequest(from, m);
        break;
      case "reply":
        this.operations.router.onReply(from, m);
        break;
      case "grant.request":
        onGrantRequest(this.context, from, m);
        break;
      case "granted":
        this.streams.onGranted(from, m);
        break;
      case "ask":
        onAsk(this.context, from, m);
        break;
      case "ladder":
        this.streams.onLadder(from, m);
        break;
      case "digest":
        this.streams.onDigest(m);
        break;
      case "digest.request":
        onDigestRequest(this.context, from, m);
        break;
    }
  }

  private onRaftMessage(from: number, m: RaftMessage): void {
    const slot = this.context.groups.get(m.group);
    if (!slot || slot.raft.incarnation !== m.incarnation) return;
    if (!slot.raft.voters.includes(from)) return;
    this.guard(slot, () => {
      const g = slot.raft;
      switch (m.kind) {
        case "pre-vote":
          onPreVote(g, from, m);
          break;
        case "pre-vote.reply":
          onPreVoteReply(g, from, m);
          break;
        case "vote":
          onVote(g, from, m);
          break;
        case "vote.reply":
          onVoteReply(g, from, m);
          break;
        case "append":
          onAppend(g, from, m);
          break;
        case "append.reply":
          onAppendReply(g, from, m);
          break;
      }
    });
  }

  // --- for operators -------------------------------------------------------------------------------

  status(): NodeStatus {
    return statusOf(this.context, this.isReady, {
      openStreams: this.streams.openCount,
      pendingRequests: this.operations.router.size,
      metrics: {
        turns: this.turns,
        events: this.events,
        batches: this.persistence.batches,
        batchBytes: this.persistence.batchBytes,
        framesSent: this.context.framesSent,
        framesReceived: this.framesReceived,
        framesRefused: this.framesRefused,
        entriesApplied: this.applier.entriesApplied,
        leaderChanges: this.leaderChanges,
      },
    });
  }
}

function raftSettings(config: HostConfig): RaftSettings {
  const { timing, limits } = config;
  const ticks = (ms: number): number => Math.max(1, Math.round(ms / timing.tickMs));
  return {
    electionTicksMin: ticks(timing.electionMinMs),
    electionTicksSpread: ticks(timing.electionMaxMs - timing.electionMinMs),
    checkQuorumTicks: ticks(timing.checkQuorumMs),
    resendTicks: Math.max(4, 3 * ticks(timing.beatMs)),
    appendBlocksMax: limits.appendBlocksMax,
    appendBytesMax: limits.appendBytesMax,
    inflightAppendsMax: limits.inflightAppendsMax,
  };
}
