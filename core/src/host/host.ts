// One node: many groups, routing, client streams. Synchronous and deterministic: events go in through
// `step`, the turn (io/turn) drains what must leave. Nothing here reads a clock, a disk or a network.

import { ClusterMachine } from "../cluster/cluster.js";
import type { TopicRecord } from "../cluster/cluster-state.js";
import { InvariantViolation } from "../lib/assert.js";
import type { Crc32 } from "../lib/crc32.js";
import { UnappliableEntry } from "../machine/entry-intents.js";
import { refilled } from "../raft/replication.js";
import { synced, tick } from "../raft/steps.js";
import type { ClientEffect } from "../contract/api.js";
import type { HostEvent } from "./host-event.js";
import { Applier } from "./apply.js";
import { censusOf } from "./census-of.js";
import { Beats } from "../leader/beats.js";
import { HostContext, type OutgoingFrame } from "../member/context.js";
import { Sessions } from "../session/sessions.js";
import { Streams } from "../edge/streams/streams.js";
import type { Replica } from "../member/replica.js";
import { GroupTable } from "./group-table.js";
import { Inbound } from "./inbound.js";
import { Leader } from "../leader/leader.js";
import { linkNews } from "./link-news.js";
import { Lives, type CardVerdict } from "./lives.js";
import { NodeStart } from "./node-start.js";
import type { Founding } from "../wire/identity-record.js";
import { currentBlocks, LogReads, type LogRead } from "../store/log-reads.js";
import type { Census } from "../member/census.js";
import type { HostConfig } from "../member/config.js";
import type { HostObserver } from "../member/observer.js";
import { Operations } from "../edge/requests/operations.js";
import { STARTING } from "../edge/requests/starting.js";
import type { DiskOp } from "../store/disk.js";
import { Persistence, type DiskBatch } from "../store/persistence.js";
import { replaceEdges } from "./replaced-edges.js";
import { RaftAdapter } from "./raft-adapter.js";
import { RaftEffects } from "./raft-effects.js";
import { BOOT_TOKEN, bootRecord, Startup } from "../store/startup.js";
import type { NodeStatus } from "../member/status.js";
import { statusOf } from "./status-of.js";

export class Host {
  readonly context: HostContext;
  private readonly persistence = new Persistence();
  private readonly reads = new LogReads();
  private readonly startup: Startup;
  private readonly groups: GroupTable;
  private readonly beats: Beats;
  private readonly leader: Leader;
  private readonly applier: Applier;
  private readonly adapter: RaftAdapter;
  private readonly effects: RaftEffects;
  private readonly inbound: Inbound;
  private readonly lives: Lives;
  private readonly start: NodeStart;
  readonly operations: Operations;
  readonly sessions: Sessions;
  readonly streams: Streams;
  private extraOps: DiskOp[] = [];
  private bootDiskBatch = 0;
  /** Which group is first to propose; the next turn begins with the next one. */
  private collectFrom = 0;
  isReady = false;
  /** Set when the node cannot go on: the turn stops the process with it. */
  fatalMessage: string | undefined;
  private events = 0;
  private leaderChanges = 0;
  turns = 0;

  constructor(config: HostConfig, observer?: HostObserver, crc?: Crc32) {
    const context = new HostContext(config, observer, crc);
    this.context = context;
    const { persistence, reads } = this;
    const guard = (replica: Replica, step: () => void): void => this.guard(replica, step);
    this.startup = new Startup(config.limits.logTailBytesMax, context.crc);
    this.beats = new Beats(context, guard);
    const leader = new Leader(context, this.beats, guard);
    this.leader = leader;
    this.adapter = new RaftAdapter(context, persistence);
    const leaderChanged = ({ id }: Replica): void => this.leaderChanged(id);
    this.effects = new RaftEffects({ context, persistence, reads, leader, leaderChanged });
    this.groups = new GroupTable(context, this.adapter, this.effects.outputs);
    this.applier = new Applier({
      context,
      leader,
      reads,
      guard,
      onServing: (replica) => this.checkEdges(replica),
      onMetaApplied: () => this.operations.metaApplied(),
    });
    this.operations = new Operations(context, {
      batchEnded: (call, leg, end) => this.sessions.batchEnded(call, leg, end),
      isKnown: (group) => group === 0 || this.groups.placeOf(group) !== undefined,
    });
    const findTopic = (topic: string): TopicRecord | undefined =>
      this.groups.cluster?.topics.get(topic);
    this.sessions = new Sessions(context, this.operations, {
      findTopic,
      streams: () => this.streams,
    });
    this.streams = new Streams(context, this.operations, {
      findTopic,
      findPlace: (group) => this.groups.placeOf(group),
      sessions: this.sessions,
    });
    this.lives = new Lives(context);
    this.start = new NodeStart({
      context,
      counted: (boots) => this.counted(boots),
      join: (founding) => this.becomeReady(founding),
      fatal: (message) => {
        this.fatalMessage ??= message;
      },
    });
    this.inbound = new Inbound({
      context,
      lives: this.lives,
      beats: this.beats,
      leader,
      operations: this.operations,
      streams: this.streams,
      guard,
      isDiskStalled: () => this.adapter.isDiskStalled(),
      peerIsNew: (peer, isReplaced) => this.peerIsNew(peer, isReplaced),
    });
  }

  // --- the turn's calls, in the turn's order -------------------------------------------------------

  /** Time is read once per turn, by the turn. */
  setTime(monotonicUs: number, wallMs: number): void {
    this.context.monotonicUs = monotonicUs;
    this.context.monotonicMs = Math.floor(monotonicUs / 1000);
    this.context.wallMs = wallMs;
    this.context.beginTurn();
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
    this.streams.collect();
    this.drainLoopback();
    this.context.touchDue();
    const replicas = this.context.touchedInOrder();
    const budget = { bytes: this.context.config.limits.turnProposeBytesMax };
    for (let i = 0; i < replicas.length; i += 1) {
      const replica = replicas[(this.collectFrom + i) % replicas.length];
      if (replica.raft.isLeader) this.guard(replica, () => this.leader.collect(replica, budget));
    }
    this.collectFrom = replicas.length === 0 ? 0 : (this.collectFrom + 1) % replicas.length;
    this.beats.flush(this.adapter.isDiskStalled());
    this.drainLoopback();
  }

  takeFrames(): readonly OutgoingFrame[] {
    const news = this.start.takeFrames();
    if (!this.isReady) return news;
    const frames = this.context.takeFrames();
    return news.length === 0 ? frames : [...news, ...frames];
  }

  /** The identity record to sync outside of the store, if it changed and none is under way. */
  takeIdentity(): Uint8Array | undefined {
    return this.start.keeper?.take();
  }

  /** What this node shows to the peers that it dials, once in the life of its process. */
  takeCard(): Uint8Array | undefined {
    return this.start.takeCard();
  }

  /** Answers to peers that showed their card. */
  takeVerdicts(): readonly CardVerdict[] {
    return this.lives.takeVerdicts();
  }

  takeDiskBatch(): DiskBatch | undefined {
    if (!this.isReady && this.extraOps.length === 0) return undefined;
    const batch = this.persistence.takeDiskBatch(this.context.monotonicMs, this.extraOps);
    if (!batch) return undefined;
    if (this.extraOps.length > 0) this.bootDiskBatch = batch.n;
    this.extraOps = [];
    return batch;
  }

  takeReads(): readonly LogRead[] {
    const reads = this.reads.take();
    const scan = this.startup.takeScan();
    return scan ? [scan, ...reads] : reads;
  }

  applyCommitted(): void {
    if (!this.isReady) return;
    if (this.applier.run()) this.context.wantsTurn = true;
    this.drainLoopback();
    this.streams.collect();
    this.drainLoopback();
  }

  takeClientEffects(): readonly ClientEffect[] {
    this.sessions.flush();
    const effects = this.context.clientEffects;
    this.context.clientEffects = [];
    return effects;
  }

  /** When a timer of a group that this node leads is due, to the millisecond (D-19); Infinity: never. */
  nextDueUs(): number {
    const dueMs = this.context.due.firstMs;
    if (dueMs === Infinity) return Infinity;
    return Math.max(Math.ceil(dueMs), this.context.monotonicMs + 1) * 1000;
  }

  get wantsTurn(): boolean {
    return this.context.wantsTurn;
  }

  // --- events --------------------------------------------------------------------------------------

  private dispatch(event: HostEvent): void {
    switch (event.kind) {
      case "tick":
        this.start.tick();
        if (this.isReady) this.tick();
        break;
      case "peer.frame":
        this.onFrame(event.peer, event.frame);
        break;
      case "peer.hello":
        this.lives.onHello(event.call, event.peer, event.card);
        break;
      case "peer.left":
        this.lives.onLeft(event.peer);
        break;
      case "peer.refused":
        this.fatalMessage ??= this.lives.onRefused(event.peer, event.code, event.message);
        break;
      case "peer.up":
      case "peer.down":
      case "peer.full":
      case "peer.room":
        if (event.kind === "peer.up") this.lives.refusals.linkedTo(event.peer);
        linkNews(this.context, event.kind, event.peer, (replica, step) =>
          this.guard(replica, step),
        );
        break;
      case "disk.opened":
        if (this.start.opened(event.storeId, event.identity)) this.startup.opened();
        break;
      case "disk.identified":
        this.start.identified();
        this.lives.identified(this.start.keeper?.durable ?? 0);
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
      case "stream.written":
      case "stream.returned":
        this.streams.onSettled(event);
        break;
      case "stream.drained":
        this.streams.onDrained(event.streamId);
        break;
      case "stream.cancel":
        this.streams.onCancel(event.streamId);
        break;
      case "session.frame":
      case "session.written":
      case "session.returned":
      case "session.drained":
      case "session.half-close":
      case "session.gone":
        this.sessions.onEvent(event, this.isReady);
        break;
    }
  }

  private onFrame(link: number, bytes: Uint8Array): void {
    const frame = this.inbound.read(bytes);
    if (!frame) return;
    if (frame.clusterHi === 0 && frame.clusterLo === 0) this.start.onNews(link, frame);
    else if (this.isReady) this.inbound.onFrame(this.context.memberAt(link), frame);
  }

  private refuseStarting(requestId: number): void {
    const result = { ok: false as const, failure: STARTING };
    this.context.reply({ kind: "client.reply", requestId, result });
  }

  private tick(): void {
    for (const replica of this.context.groups.values()) {
      this.guard(replica, () => {
        tick(replica.raft, replica.machineStoppedBecause === undefined);
        if (replica.raft.isLeader) this.leader.tick(replica);
      });
    }
    this.lives.tick();
    this.beats.tick();
    this.operations.tick();
    this.streams.tick();
    this.sessions.tick();
  }

  // --- start ---------------------------------------------------------------------------------------

  private onScanned(event: Extract<HostEvent, { kind: "disk.scanned" }>): void {
    if (event.token !== BOOT_TOKEN) {
      this.onLogRead(event);
      return;
    }
    const store = this.startup.scanned(event);
    this.fatalMessage ??= this.startup.problem;
    if (!store) return;
    this.persistence.restore(store.boots + 1, store.chain);
    this.start.count(store.boots);
    this.context.wantsTurn = true;
  }

  /** The identity counts this start; the store does so second (D-88). */
  private counted(boots: number): void {
    this.context.incarnation = boots;
    this.extraOps = [bootRecord(boots)];
    this.context.wantsTurn = true;
  }

  /** Both count this start, and the cluster is known: the node takes part. */
  private becomeReady(founding: Founding): void {
    this.isReady = true;
    this.context.join(founding);
    this.inbound.setOwn(this.context.incarnation);
    const cluster = new ClusterMachine({
      topicCreated: (record) => this.groups.topicCreated(record),
      topicDeleted: (record) => this.topicDeleted(record),
    });
    this.groups.start(this.startup.takeGroups(), cluster, founding.bornMs);
    this.lives.joined();
  }

  // --- groups --------------------------------------------------------------------------------------

  private topicDeleted(record: TopicRecord): void {
    for (const replica of this.groups.topicDeleted(record)) {
      replica.raft.letGo();
      this.leader.lostLeadership(replica);
      this.applier.forget(replica);
      this.context.observer?.groupRemoved?.(replica.id);
    }
    this.streams.topicDeleted(record.topic);
    for (const { group } of record.partitions) this.operations.router.forgetLeader(group);
  }

  private leaderChanged(group: number): void {
    this.leaderChanges += 1;
    this.streams.leaderChanged(group);
  }

  /** Runs a step of one group; a broken invariant stops that group here and nothing of it leaves (D-40). */
  private guard(replica: Replica, step: () => void): void {
    if (replica.stoppedBecause !== undefined || replica.isRemoved) return;
    this.context.touched.add(replica);
    this.context.markOutbox();
    this.effects.begin();
    try {
      step();
      this.effects.carryOut(replica);
      replica.assertInvariants();
    } catch (error) {
      if (error instanceof UnappliableEntry) this.stopMachine(replica, error);
      else if (error instanceof InvariantViolation) this.stopReplica(replica, error);
      else throw error;
    }
  }

  /** Nothing of the step leaves, and nothing of the group is answered here any more. */
  private stopReplica(replica: Replica, error: InvariantViolation): void {
    this.context.cutOutbox();
    this.effects.discard();
    replica.stoppedBecause = error.message;
    replica.raft.halt();
    this.applier.forget(replica);
    this.leader.lostLeadership(replica);
    this.context.observer?.groupStopped(replica.id, `${error.message}\n${error.stack ?? ""}`);
  }

  /** What was applied before the entry is answered; from there on it only keeps the log, and campaigns no more. */
  private stopMachine(replica: Replica, error: UnappliableEntry): void {
    replica.machineStoppedBecause = error.message;
    if (replica.raft.role !== "follower") replica.raft.becomeFollower(replica.raft.term, 0);
    this.effects.carryOut(replica);
    replica.held = replica.held.filter(({ message }) => message.kind !== "vote");
    this.context.observer?.groupStopped(replica.id, error.message);
  }

  // --- disk ----------------------------------------------------------------------------------------

  private onWritten(n: number): void {
    for (const { replica, seq } of this.persistence.written(n)) {
      this.guard(replica, () => synced(replica.raft, seq));
    }
    if (n === this.bootDiskBatch && !this.isReady) {
      if (this.start.keeper) this.lives.start(this.start.keeper);
      this.start.booted();
    }
    if (this.persistence.hasDirty) this.context.wantsTurn = true;
  }

  private onLogRead(event: Extract<HostEvent, { kind: "disk.scanned" }>): void {
    const read = this.reads.finish(event.token);
    const { replica, purpose, fromIndex } = read;
    if (replica.isRemoved) return;
    const blocks = currentBlocks(read, event);
    if (typeof blocks === "string") {
      this.fatalMessage ??= blocks;
      return;
    }
    this.guard(replica, () => {
      if (purpose.type === "apply") this.applier.refilled(replica, blocks);
      else refilled(replica.raft, purpose.peer, fromIndex, blocks);
    });
    this.context.wantsTurn = true;
  }

  // --- peers ---------------------------------------------------------------------------------------

  private peerIsNew(peer: number, isReplaced: boolean): void {
    if (isReplaced) this.operations.router.peerReplaced(peer);
    for (const replica of this.context.groups.values()) this.checkEdges(replica);
  }

  private checkEdges(replica: Replica): void {
    replaceEdges(this.context, replica, (edge) => this.inbound.incarnationOf(edge));
  }

  private drainLoopback(): void {
    const { loopback, self } = this.context;
    for (let i = 0; i < loopback.length; i += 1) this.inbound.onMessage(self, loopback[i]);
    loopback.length = 0;
  }

  // --- for operators -------------------------------------------------------------------------------

  census(): Census {
    const { context, streams, sessions, operations, reads, applier } = this;
    return censusOf({ context, streams, sessions, operations, reads, applier });
  }

  status(): NodeStatus {
    return statusOf(this.context, this.isReady, {
      waitsFor: this.isReady ? undefined : this.start.waitsFor,
      refusals: this.lives.refusals.recent,
      openStreams: this.streams.openCount,
      openSessions: this.sessions.openCount,
      pendingRequests: this.operations.router.size,
      metrics: {
        turns: this.turns,
        events: this.events,
        diskBatches: this.persistence.diskBatches,
        diskBatchBytes: this.persistence.diskBatchBytes,
        framesSent: this.context.framesSent,
        ...this.inbound.counts,
        entriesApplied: this.applier.entriesApplied,
        leaderChanges: this.leaderChanges,
        grantsLate: this.context.grantsLate,
        releasesGivenUp: this.operations.givenUp,
      },
    });
  }
}
