// The simulated world: one queue of events, a network, and per node a disk that outlives its processes
// and a process made of the shipped host and the shipped turn. Only the adapters behind the ports are
// simulated. Nothing here draws in order from a shared stream.

import {
  decodeIdentity,
  DEFAULT_DEFAULTS,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  Host,
  type ClientEffect,
  type ClientEvent,
  type ClusterMember,
  type HostConfig,
  type HostObserver,
  type TimingConfig,
} from "@disheap/core";
import { Turn } from "@disheap/io/turn";
import type { Plan } from "../plan/plan.js";
import { kindOf, draw } from "./draw.js";
import { SimDisk } from "./disk.js";
import type { DiskBoundary } from "./disk-settings.js";
import { EventQueue } from "./event-queue.js";
import { SimNetwork } from "./network.js";
import { MemberList } from "./member-list.js";
import { Plants } from "./plants.js";
import { TraceHash } from "./trace-hash.js";
import type { WorldObserver } from "./world-observer.js";

/** Wall clock of a right clock when a run starts. */
const EPOCH_MS = 1_700_000_000_000;
const PROCESS_SEED = kindOf("process.seed");
const PROCESS_KEY = kindOf("process.key");

/** One life of a node's process. */
interface Process {
  readonly incarnation: number;
  readonly host: Host;
  readonly turn: Turn;
  readonly startedUs: number;
  isAlive: boolean;
  isScheduled: boolean;
  inboxCount: number;
  /** Counts the alarms set: a replaced one does nothing. */
  alarm: number;
}

interface SimNode {
  readonly number: number;
  readonly disk: SimDisk;
  process: Process | undefined;
  incarnations: number;
  /** What its present process was given. */
  list: MemberList;
  busyUntilUs: number;
  pausedUntilUs: number;
  skewMs: number;
  /** Injected damage that changed the store, or took it: it must refuse to take part. */
  isDamaged: boolean;
  /** Its directory was emptied before the cluster was formed. */
  wasWiped: boolean;
  /** Sentence with which its process stopped itself. */
  refusal: string | undefined;
}

export interface WorldHooks {
  readonly oracle: WorldObserver;
  readonly onClientEffect: (node: number, effect: ClientEffect) => void;
  readonly onProcessGone: (node: number) => void;
  readonly onTrace?: (label: string, hash: string) => void;
}

/** The instants at which a plan may crash a node. */
export type Boundary =
  | DiskBoundary
  /** The node applied that a topic is being deleted; nothing was done about it yet. */
  | "deletion.begun";

export class World {
  readonly plan: Plan;
  readonly queue = new EventQueue();
  readonly network: SimNetwork;
  readonly nodes: SimNode[] = [];
  /** At most one: a process on a copied directory. It is no member, and no rule watches it. */
  readonly copies: SimNode[] = [];
  readonly members: readonly ClusterMember[];
  readonly trace: TraceHash;
  /** Replicas that cannot get past an entry. */
  readonly plants = new Plants();
  /** Faults that took effect here; the network's and disks' own are beside it. */
  readonly counts = new Map<string, number>();
  private readonly hooks: WorldHooks;
  private boundary: ((node: number, kind: Boundary) => void) | undefined;

  constructor(plan: Plan, hooks: WorldHooks) {
    this.plan = plan;
    this.hooks = hooks;
    this.trace = new TraceHash(hooks.onTrace);
    this.members = Array.from({ length: plan.nodes }, (_, i) => ({
      name: `n${i + 1}`,
      address: `n${i + 1}:8300`,
    }));
    const schedule = (atUs: number, run: () => void): void => this.queue.schedule(atUs, run);
    const now = (): number => this.queue.nowUs;
    this.network = new SimNetwork({
      nodes: plan.nodes,
      seed: this.seed,
      settings: plan.network,
      schedule,
      now,
      deliver: (to, event) => this.push(to, this.node(to).list.seen(event)),
      trace: (kind, from, to, frame) => {
        this.trace.number(kind, this.queue.nowUs * 64 + from * 8 + to);
        if (frame) this.trace.bytes(kind, frame);
      },
    });
    for (let number = 1; number <= plan.nodes; number += 1) this.nodes.push(this.makeNode(number));
  }

  private get seed(): { hi: number; lo: number } {
    return { hi: this.plan.seedHi, lo: this.plan.seedLo };
  }

  private get timing(): TimingConfig {
    return this.plan.timing ?? DEFAULT_TIMING;
  }

  private makeNode(number: number, original?: SimNode): SimNode {
    const disk = new SimDisk({
      ...(original ? { copyOf: original.disk } : {}),
      node: number,
      seed: this.seed,
      settings: this.plan.disk,
      schedule: (atUs, run) => this.queue.schedule(atUs, run),
      now: () => this.queue.nowUs,
      onBoundary: (kind) => this.boundary?.(number, kind),
      trace: (kind, batch, ops) => {
        this.trace.number(kind, batch * 8 + number);
        for (const op of ops ?? []) {
          this.trace.bytes(kind, op.key);
          if (op.type === "put") this.trace.bytes(kind, op.value);
        }
      },
    });
    return {
      number,
      disk,
      process: undefined,
      incarnations: 0,
      list: new MemberList(this.members, 0),
      busyUntilUs: 0,
      pausedUntilUs: 0,
      skewMs: 0,
      isDamaged: false,
      wasWiped: false,
      refusal: undefined,
    };
  }

  node(number: number): SimNode {
    return number > this.plan.nodes ? this.copies[0] : this.nodes[number - 1];
  }

  /** A process on a copy of a running node's data directory; its address is the original's. */
  startCopy(number: number): void {
    const place = this.plan.nodes + 1;
    this.network.copyOf.set(place, number);
    this.copies.push(this.makeNode(place, this.node(number)));
    this.start(place);
  }

  /** The host of a node that is up; undefined otherwise. */
  host(number: number): Host | undefined {
    return this.node(number).process?.host;
  }

  /** Which nodes have synced that the cluster is formed. */
  get formed(): SimNode[] {
    return this.nodes.filter(({ disk }) => {
      const record = disk.identityRecord;
      return record !== undefined && decodeIdentity(record).isFormed;
    });
  }

  onBoundary(listener: ((node: number, kind: Boundary) => void) | undefined): void {
    this.boundary = listener;
  }

  count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  // --- processes -----------------------------------------------------------------------------------

  start(number: number): void {
    const node = this.node(number);
    if (node.process || node.refusal !== undefined) return;
    node.incarnations += 1;
    node.list = this.listOf(node);
    // The network's port belongs to the incarnation that is up when it is made.
    this.network.nodeUp(number);
    const config = this.configOf(node);
    const { oracle } = this.hooks;
    const isMember = number <= this.plan.nodes;
    const observer = isMember
      ? this.watched(
          number,
          oracle.observe(number, () => process.isAlive),
        )
      : undefined;
    const host = new Host(config, observer);
    const process: Process = {
      incarnation: node.incarnations,
      host,
      turn: this.makeTurn(node, host, () => process),
      startedUs: this.queue.nowUs,
      isAlive: true,
      isScheduled: false,
      inboxCount: 0,
      alarm: 0,
    };
    node.process = process;
    process.turn.start();
    this.scheduleTick(node, process);
  }

  /** What the world itself looks for in a node. */
  private watched(number: number, observer: HostObserver): HostObserver {
    let deleting = 0;
    return {
      ...observer,
      applied: (group, entry, hashHi, hashLo) => {
        observer.applied(group, entry, hashHi, hashLo);
        const groups = group === 0 ? this.host(number)?.context.groups : undefined;
        if (!groups) return;
        this.plants.into(number, groups);
        const machine = groups.get(0)?.machine;
        const before = deleting;
        deleting = machine?.kind === "cluster" ? machine.cluster.deleting.size : 0;
        if (deleting > before) this.boundary?.(number, "deletion.begun");
      },
    };
  }

  /** A cluster that is formed places nothing by the order of a list, and no two nodes need to have the same. */
  private listOf({ number, incarnations }: SimNode): MemberList {
    const isTurned = this.plan.turnsLists === true && number <= this.plan.nodes;
    const isFormed = isTurned && this.formed.length === this.plan.nodes;
    if (isFormed) this.count("list.turned");
    return new MemberList(this.members, isFormed ? number + incarnations : 0);
  }

  private configOf({ number, incarnations: incarnation, list }: SimNode): HostConfig {
    const h = (part: number): number =>
      draw(this.seed, PROCESS_SEED, number * 4 + part, incarnation);
    const k = (part: number): number =>
      draw(this.seed, PROCESS_KEY, number * 4 + part, incarnation);
    return {
      node: `n${this.network.copyOf.get(number) ?? number}`,
      members: list.members,
      seedHi: h(0),
      seedLo: h(1),
      keySeed: [k(0), k(1), k(2), k(3)],
      timing: this.timing,
      limits: {
        ...DEFAULT_LIMITS,
        ...this.plan.limits,
        ...this.plan.nodeLimits?.[number - 1],
      },
      defaults: {
        ...DEFAULT_DEFAULTS,
        disconnectGraceMs: this.plan.disconnectGraceMs,
        ...this.plan.defaults,
      },
    };
  }

  private makeTurn(node: SimNode, host: Host, process: () => Process): Turn {
    const isAlive = (): boolean => node.process === process() && process().isAlive;
    const disk = node.disk.port((event) => {
      if (isAlive()) this.pushTo(process(), event);
    });
    return new Turn({
      host,
      ports: {
        disk,
        network: node.list.port(this.network.port(node.number)),
        clock: {
          monotonicUs: () => this.queue.nowUs - process().startedUs,
          wallMs: () => EPOCH_MS + Math.floor(this.queue.nowUs / 1000) + node.skewMs,
        },
        scheduler: {
          wake: () => this.scheduleTurn(node, process()),
          wakeAt: (monotonicUs) => this.scheduleAlarm(node, process(), monotonicUs),
        },
        clients: {
          emit: (effect) => {
            if (!isAlive()) return;
            this.trace.number(effect.kind, this.queue.nowUs);
            this.hooks.onClientEffect(node.number, effect);
          },
        },
        process: { fatal: (message) => this.refuse(node, message) },
      },
    });
  }

  private scheduleTurn(node: SimNode, process: Process): void {
    if (process.isScheduled) return;
    process.isScheduled = true;
    const atUs = Math.max(this.queue.nowUs, node.busyUntilUs, node.pausedUntilUs);
    this.queue.schedule(atUs, () => {
      process.isScheduled = false;
      if (!process.isAlive) return;
      if (node.pausedUntilUs > this.queue.nowUs) {
        this.scheduleTurn(node, process);
        return;
      }
      const { turnCostUs, eventCostUs } = this.plan;
      node.busyUntilUs = this.queue.nowUs + turnCostUs + eventCostUs * process.inboxCount;
      process.inboxCount = 0;
      this.trace.number("turn", this.queue.nowUs * 8 + node.number);
      process.turn.run();
      if (process.isAlive && !this.copies.includes(node)) {
        this.hooks.oracle.afterTurn(node.number, process.host);
      }
    });
  }

  private scheduleAlarm(node: SimNode, process: Process, monotonicUs: number): void {
    process.alarm += 1;
    const { alarm } = process;
    this.queue.schedule(process.startedUs + monotonicUs, () => {
      if (process.isAlive && process.alarm === alarm) this.scheduleTurn(node, process);
    });
  }

  /** A timer of the process: while it is paused none fires, afterwards one does, as with the real one. */
  private scheduleTick(node: SimNode, process: Process): void {
    const atUs = Math.max(this.queue.nowUs + this.timing.tickMs * 1000, node.pausedUntilUs);
    this.queue.schedule(atUs, () => {
      if (!process.isAlive) return;
      if (node.pausedUntilUs <= this.queue.nowUs) this.pushTo(process, { kind: "tick" });
      this.scheduleTick(node, process);
    });
  }

  private push(number: number, event: Parameters<Turn["push"]>[0]): void {
    const { process } = this.node(number);
    if (process?.isAlive) this.pushTo(process, event);
  }

  private pushTo(process: Process, event: Parameters<Turn["push"]>[0]): void {
    process.inboxCount += 1;
    process.turn.push(event);
  }

  /** A client's event reaches its node; false when nobody is there. */
  clientEvent(number: number, incarnation: number, event: ClientEvent): boolean {
    const { process } = this.node(number);
    if (!process?.isAlive || process.incarnation !== incarnation) return false;
    this.trace.number(event.kind, this.queue.nowUs * 8 + number);
    this.pushTo(process, event);
    return true;
  }

  /** A replica of the node stopped. True: it was planted, and the run goes on. */
  isPlanted(number: number, group: number): boolean {
    const plant = this.plants.find(number, group);
    if (plant) this.count(`replica.${plant.kind}`);
    return plant !== undefined;
  }

  /** The process stops itself with a sentence: it stays down. */
  private refuse(node: SimNode, message: string): void {
    node.refusal = message;
    if (!this.copies.includes(node)) this.hooks.oracle.refused(node.number, message);
    this.kill(node.number);
  }

  kill(number: number): void {
    const node = this.node(number);
    const { process } = node;
    if (!process) return;
    process.isAlive = false;
    process.turn.stop();
    node.process = undefined;
    node.pausedUntilUs = 0;
    node.disk.crash();
    this.network.nodeDown(number);
    this.hooks.onProcessGone(number);
  }
}
