// The real engine: the turn around the host, over LevelDB, gRPC links to the peers, and this machine's
// clocks and entropy.

import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { hrtime } from "node:process";
import {
  type Census,
  type ClientEffect,
  type ClientEvent,
  Host,
  type HostObserver,
  type NodeStatus,
  recordProblem,
} from "@disheap/core";
import type { DiskEvent, DiskPort, NetworkEvent } from "@disheap/io";
import { machineCrc32 } from "@disheap/io/crc";
import { createGrpcNetwork, type GrpcNetwork } from "@disheap/io/grpc";
import { createLevelDisk, type LevelDisk } from "@disheap/io/level";
import { Turn } from "@disheap/io/turn";
import { formatAddress, isLoopback } from "./config/address.js";
import type { NodeConfig } from "./config/node-config.js";
import type { Engine } from "./engine.js";
import type { Log } from "./log.js";
import type { LoadGarbage } from "./memory/load-garbage.js";
import type { StartGarbage } from "./memory/start-garbage.js";
import type { ObserveStage } from "./metrics/stages.js";

interface EngineOptions {
  readonly config: NodeConfig;
  readonly log: Log;
  readonly observer: HostObserver;
  readonly observeStage: ObserveStage;
  readonly garbage: StartGarbage;
  readonly loadGarbage: LoadGarbage;
  /** Where the engine's effects for clients go. */
  readonly emit: (effect: ClientEffect) => void;
  /** The node cannot go on; `message` is a sentence for the operator. */
  readonly onFatal: (message: string) => void;
}

export class ProductionEngine implements Engine {
  private readonly host: Host;
  private readonly turn: Turn;
  private readonly disk: LevelDisk;
  private readonly network: GrpcNetwork;
  private readonly tickMs: number;
  private readonly loadGarbage: LoadGarbage;
  private readonly writes: WriteClock;
  private ticks: NodeJS.Timeout | undefined;
  private alarm: NodeJS.Timeout | undefined;

  constructor(options: EngineOptions) {
    const { config, log, observer, observeStage, garbage, loadGarbage } = options;
    const { emit, onFatal } = options;
    this.tickMs = config.timing.tickMs;
    this.loadGarbage = loadGarbage;
    this.writes = new WriteClock(observeStage);
    const push = (event: DiskEvent | NetworkEvent): void => {
      if (event.kind === "disk.written") this.writes.written();
      if (event.kind === "disk.scanned") garbage.read(event);
      if (event.kind === "peer.frame") loadGarbage.cameIn(event.frame.length);
      this.turn.push(event);
    };
    this.host = new Host(
      {
        node: config.nodeId,
        machine: config.machine,
        members: config.members,
        seedHi: randomWord(),
        seedLo: randomWord(),
        keySeed: [randomWord(), randomWord(), randomWord(), randomWord()],
        timing: config.timing,
        limits: config.limits,
        defaults: config.defaults,
      },
      observer,
      machineCrc32,
    );
    this.disk = createLevelDisk({ directory: config.dataDir, recordProblem, push });
    this.network = createGrpcNetwork({
      node: config.nodeId,
      members: config.members,
      listen: formatAddress({ ...config.raft, host: config.raft.host || "0.0.0.0" }),
      secret: config.clusterSecret,
      isLoopback: isLoopback(config.raft.host),
      push,
      log: ({ level, event, peer, message }) => {
        log[level]({ event, peer }, message);
      },
    });
    this.turn = new Turn({
      host: this.host,
      ports: {
        disk: this.writes.around(this.disk),
        network: this.network,
        clock: {
          monotonicUs,
          wallMs: () => Date.now(),
        },
        scheduler: {
          // One turn per round of the event loop, after the input of the round.
          wake: () => {
            const sinceMs = performance.now();
            setImmediate(() => {
              observeStage("turn", performance.now() - sinceMs);
              this.turn.run();
            });
          },
          wakeAt: (monotonicUs) => this.setAlarm(monotonicUs),
        },
        clients: { emit },
        process: { fatal: onFatal },
      },
    });
  }

  /** Opens the peer port and the store; throws a sentence when the port cannot be had. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.network.start((problem) => {
        if (problem === undefined) resolve();
        else reject(new Error(problem));
      });
    });
    this.turn.start();
    this.ticks = setInterval(() => {
      this.turn.push({ kind: "tick" });
    }, this.tickMs);
  }

  /** A timer may fire a little early, and waits for 24 days at most: what is left is waited for anew. */
  private setAlarm(atUs: number): void {
    clearTimeout(this.alarm);
    const leftMs = Math.ceil((atUs - monotonicUs()) / 1000);
    const delayMs = Math.min(Math.max(0, leftMs), TIMEOUT_MS_MAX);
    this.alarm = setTimeout(() => {
      if (monotonicUs() < atUs) this.setAlarm(atUs);
      else this.turn.run();
    }, delayMs);
  }

  submit(event: ClientEvent): void {
    const isEnqueue = event.kind === "client.request" && event.request.op === "enqueue";
    if (isEnqueue) this.loadGarbage.cameIn(event.request.payload.length);
    else if (event.kind === "session.frame") this.loadGarbage.cameIn(event.frame.length);
    this.turn.push(event);
  }

  requestBytes(): number {
    return this.host.context.budgets.requestBytes;
  }

  requestRefused(): void {
    this.host.context.budgets.countRefusal("request_bytes");
  }

  /** What the store held is read and applied: it is seldom read again. */
  startedUp(): void {
    this.disk.reopen();
  }

  status(): NodeStatus {
    return this.host.status();
  }

  census(): Census {
    return this.host.census();
  }

  /** From now on nothing is stepped, sent or written: the engine may be in any state. */
  halt(): void {
    this.turn.stop();
    clearInterval(this.ticks);
    clearTimeout(this.alarm);
  }

  /** Nothing runs any more; resolves once the store is free for the next process. */
  async stop(): Promise<void> {
    this.halt();
    await new Promise<void>((resolve) => {
      this.network.close(resolve);
    });
    await new Promise<void>((resolve) => {
      this.disk.release(resolve);
    });
  }
}

/** Times the writes of the turn, of which one is under way at a time. */
class WriteClock {
  private readonly observe: ObserveStage;
  private sinceMs = 0;

  constructor(observe: ObserveStage) {
    this.observe = observe;
  }

  /** The same port; a write starts the clock. */
  around(disk: DiskPort): DiskPort {
    return {
      open: (token) => {
        disk.open(token);
      },
      write: (token, ops, sync) => {
        this.sinceMs = performance.now();
        disk.write(token, ops, sync);
      },
      identify: (token, record) => {
        disk.identify(token, record);
      },
      scan: (token, from, to, bytesMax) => {
        disk.scan(token, from, to, bytesMax);
      },
      close: () => {
        disk.close();
      },
    };
  }

  written(): void {
    this.observe("sync", performance.now() - this.sinceMs);
  }
}

function randomWord(): number {
  return randomBytes(4).readUInt32LE();
}

/** The longest time a timer of this platform takes; beyond it, it would fire at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

function monotonicUs(): number {
  return Number(hrtime.bigint() / 1000n);
}
