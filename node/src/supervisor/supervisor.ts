// Keeps the nodes of one machine running: starts them together, waits until they are a cluster, if need be
// without the slow ones, starts again what dies, and leaves nothing behind when it ends.

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type ChildEnd, NodeChild } from "./child.js";
import { askCluster, askHealth, type ClusterHealth, type Unwell, waitsFor } from "./health.js";
import { MALLOC_ENV } from "../memory/malloc-env.js";
import type { NodeSpec, SupervisorOptions } from "./options.js";
import { removePidFile, writePidFile } from "./pid-file.js";

const HEALTH_POLL_MS = 100;
/** A start fails when after this long no majority answers at all. */
const START_MAX_MS = 60_000;
/** Once a majority serves, the others have this long before the start goes on without them. */
const LATE_MS = 10_000;
/** How often a start that takes long says what it waits for. */
const SAY_MS = 10_000;
const RESTART_MIN_MS = 500;
const RESTART_MAX_MS = 15_000;
/** A node that ends so often in a row for the same reason will not heal by itself. */
const SAME_END_MAX = 5;

interface SupervisorPorts {
  /** Command line of a node, before its settings. */
  readonly nodeCommand: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (text: string) => void;
  /** No node is left to run: each ended again and again for the same reason. */
  readonly onGivenUp?: () => void;
  /** Before the first restart of a node; each further one waits twice as long. */
  readonly restartMinMs?: number;
  /** In place of LATE_MS. */
  readonly lateMs?: number;
}

/** How a node ended since it was last healthy. */
interface Ends {
  readonly reason: string;
  readonly times: number;
}

/** A node that the start had to do without, and why. */
export interface LeftOut {
  readonly node: NodeSpec;
  readonly reason: string;
}

/** What runs once the start is over. */
export interface Started {
  /** Name of the meta group's leader. */
  readonly leader: string;
  readonly leftOut: readonly LeftOut[];
  /** Their processes run, but they are not ready: the others serve without them. */
  readonly late: readonly Unwell[];
}

/** A start that failed: the sentence, and the node it is about. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  readonly node: NodeSpec | undefined;
  constructor(message: string, node?: NodeSpec) {
    super(message);
    this.node = node;
  }
}

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly ports: SupervisorPorts;
  private readonly children: NodeChild[];
  private readonly restartMs = new Map<string, number>();
  private readonly ends = new Map<string, Ends>();
  private readonly givenUp = new Set<string>();
  /** Names of nodes that have not been well since the start. */
  private readonly late = new Set<string>();
  private readonly leftOut = new Map<string, LeftOut>();
  private isUp = false;
  private isStopping = false;
  private stopped: Promise<void> | undefined;

  constructor(options: SupervisorOptions, ports: SupervisorPorts) {
    this.options = options;
    this.ports = ports;
    this.children = options.nodes.map((node) => {
      const spec = {
        name: node.name,
        command: ports.nodeCommand,
        env: { ...MALLOC_ENV, ...ports.env, ...nodeEnv(node, options.cluster) },
        logFile: node.logFile,
      };
      return new NodeChild(spec, (end) => {
        this.onExit(node, end);
      });
    });
  }

  /**
   * Starts all nodes; resolves once every topic is served, by all nodes or, a while after that, by a
   * majority. Nodes that refuse to start are done without, those that are slow are waited for later. It
   * fails when a majority refuses, or does not answer at all.
   */
  async start(): Promise<Started> {
    const { dataDir } = this.options;
    for (const child of this.children) child.start();
    writePidFile(dataDir, this.pids());
    const startMs = performance.now();
    let servedSinceMs: number | undefined;
    let saidMs = startMs;
    for (;;) {
      if (this.isStopping) throw new StartFailure("It was stopped before all was ready.");
      const present = this.present();
      if (!this.isMajority(present.length)) throw this.tooFew();
      const health = await askCluster(present);
      const nowMs = performance.now();
      const isSettled = this.present().length === present.length;
      const { leader, unwell, leaderless } = health;
      const isServing =
        isSettled &&
        leader !== undefined &&
        leaderless.length === 0 &&
        this.isMajority(present.length - unwell.length);
      servedSinceMs = isServing ? (servedSinceMs ?? nowMs) : undefined;
      const isLateEnough = nowMs - (servedSinceMs ?? nowMs) >= (this.ports.lateMs ?? LATE_MS);
      if (isServing && (unwell.length === 0 || isLateEnough)) return this.up(leader, unwell);
      if (nowMs - startMs >= START_MAX_MS) this.demandAnswers(present, health);
      if (nowMs - saidMs >= SAY_MS) {
        saidMs = nowMs;
        this.ports.say(`Not up yet. It waits for ${waitsFor(health).join(", ")}.`);
      }
      await sleep(HEALTH_POLL_MS);
    }
  }

  private up(leader: string, late: readonly Unwell[]): Started {
    this.isUp = true;
    for (const { node } of late) this.late.add(node.name);
    if (late.length > 0) void this.awaitLate();
    return { leader, leftOut: [...this.leftOut.values()], late };
  }

  /** Says when a node that was late is there. */
  private async awaitLate(): Promise<void> {
    while (this.late.size > 0 && !this.isStopping) {
      for (const node of this.options.nodes) {
        if (!this.late.has(node.name)) continue;
        const health = await askHealth(node);
        if (health?.healthy === true && this.late.delete(node.name)) {
          this.ports.say(`${node.name}, which was late, is ready now.`);
        }
      }
      await sleep(HEALTH_POLL_MS);
    }
  }

  private isMajority(count: number): boolean {
    return count * 2 > this.options.nodes.length;
  }

  private demandAnswers(present: readonly NodeSpec[], health: ClusterHealth): void {
    const silent = health.unwell.filter(({ isAnswering }) => !isAnswering);
    if (this.isMajority(present.length - silent.length)) return;
    const names = silent.map(({ node }) => node.name).join(", ");
    const text = `After ${String(START_MAX_MS / 1000)} s too few nodes answer; nothing was heard of ${names}.`;
    throw new StartFailure(text, silent[0]?.node);
  }

  private present(): NodeSpec[] {
    return this.options.nodes.filter(({ name }) => !this.leftOut.has(name));
  }

  private leaveOut(node: NodeSpec, reason: string): void {
    this.leftOut.set(node.name, { node, reason });
    this.givenUp.add(node.name);
  }

  private tooFew(): StartFailure {
    const all = [...this.leftOut.values()];
    const reasons = all.map(({ node, reason }) => `${node.name} ended: ${reason}`).join("\n");
    return new StartFailure(reasons, all[0]?.node);
  }

  /** The processes that run now, by node. */
  pids(): ReadonlyMap<string, number> {
    const pids = new Map<string, number>();
    for (const { spec, pid } of this.children) if (pid !== undefined) pids.set(spec.name, pid);
    return pids;
  }

  /** Stops every node; safe to call again. */
  stop(): Promise<void> {
    this.isStopping = true;
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  private async stopAll(): Promise<void> {
    await Promise.all(this.children.map((child) => child.stop()));
    removePidFile(this.options.dataDir);
  }

  /** No more patience. */
  kill(): void {
    this.isStopping = true;
    for (const child of this.children) child.kill();
  }

  private onExit(node: NodeSpec, { reason, isRefusal }: ChildEnd): void {
    if (this.isStopping) return;
    if (!this.isUp && isRefusal) {
      this.leaveOut(node, reason);
      return;
    }
    const before = this.ends.get(node.name);
    const times = before?.reason === reason ? before.times + 1 : 1;
    this.ends.set(node.name, { reason, times });
    if (times < SAME_END_MAX) void this.restart(node, reason);
    else this.giveUp(node, reason);
  }

  private giveUp(node: NodeSpec, reason: string): void {
    if (!this.isUp) {
      this.leaveOut(node, `${reason}, ${String(SAME_END_MAX)} times in a row`);
      return;
    }
    this.givenUp.add(node.name);
    this.ports.say(
      `${node.name} ended ${String(SAME_END_MAX)} times in a row (${reason}) and stays stopped. ` +
        `Its log says why: ${node.logFile}. Once that is put right, stop all with Ctrl-C and run npm start again.`,
    );
    if (this.givenUp.size === this.children.length) this.ports.onGivenUp?.();
  }

  private async restart(node: NodeSpec, reason: string): Promise<void> {
    const waitMs = this.restartMs.get(node.name) ?? this.ports.restartMinMs ?? RESTART_MIN_MS;
    this.restartMs.set(node.name, Math.min(waitMs * 2, RESTART_MAX_MS));
    const seconds = String(waitMs / 1000);
    this.ports.say(`${node.name} ended (${reason}); starting it again in ${seconds} s.`);
    await sleep(waitMs);
    if (this.isStopping) return;
    const child = this.children.find(({ spec }) => spec.name === node.name);
    child?.start();
    writePidFile(this.options.dataDir, this.pids());
    const pid = child?.pid;
    while (child?.pid === pid && pid !== undefined) {
      if (this.isStopping) return;
      const health = await askHealth(node);
      if (health?.healthy === true) {
        this.restartMs.delete(node.name);
        this.ends.delete(node.name);
        this.late.delete(node.name);
        this.ports.say(`${node.name} is back: process ${String(pid)}.`);
        return;
      }
      await sleep(HEALTH_POLL_MS);
    }
  }
}

/** The settings of one node; the caller's own settings stay, except those that must differ. */
function nodeEnv(node: NodeSpec, cluster: string): Record<string, string | undefined> {
  const at = (port: number): string => `127.0.0.1:${String(port)}`;
  return {
    NODE_ID: node.name,
    INITIAL_CLUSTER: cluster,
    SINGLE_NODE: undefined,
    BOOTSTRAP: undefined,
    RAFT_JOIN_ADDRESSES: undefined,
    RAFT_ADVERTISE: undefined,
    RAFT_BIND: at(node.ports.raft),
    ENGINE_BIND_ADDRESS: at(node.ports.grpc),
    ENGINE_HTTP_BIND_ADDRESS: at(node.ports.http),
    METRICS_BIND_ADDRESS: at(node.ports.metrics),
    STORAGE_PATH: node.dataDir,
  };
}
