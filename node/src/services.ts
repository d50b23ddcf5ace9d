// Everything a node offers to the outside, over one engine: gRPC, HTTP, metrics, and the order in which
// they open and close. main.ts gives it the real engine, tests a hand-driven one.

import { performance } from "node:perf_hooks";
import type { ClientEffect, Failure } from "@disheap/core";
import { Carrier } from "./carrier.js";
import { type Address, formatAddress } from "./config/address.js";
import type { NodeConfig } from "./config/node-config.js";
import type { Engine } from "./engine.js";
import { GrpcServer } from "./grpc/server.js";
import { CatchUp } from "./http/catch-up.js";
import { type HttpContext, HttpServer, metricsRoutes, operatorRoutes } from "./http/server.js";
import type { Log } from "./log.js";
import { NodeMetrics } from "./metrics/node-metrics.js";
import type { Stage } from "./metrics/stages.js";

const SAMPLE_MS = 1_000;
/** Until the engine is ready its state is looked at more often. */
const READY_POLL_MS = 50;
const DRAIN_POLL_MS = 20;
/** Requests under way at a shutdown get this long to finish. */
const DRAIN_MAX_MS = 2_000;

const STOPPING: Failure = {
  code: "UNAVAILABLE",
  message: "This node is stopping. Use another node.",
};

/** A door that could not be opened, as a sentence for the operator. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

export class Services {
  readonly carrier: Carrier;
  private readonly engine: Engine;
  private readonly log: Log;
  private readonly metrics: NodeMetrics;
  private readonly catchUp = new CatchUp();
  private readonly grpc: GrpcServer;
  private readonly doors: { name: string; address: Address; server: GrpcServer | HttpServer }[];
  private timer: NodeJS.Timeout | undefined;
  private readonly onCaughtUp: () => void;
  private isServing = false;
  private isCaughtUp = false;
  private isStopping = false;
  /** What the start was last said to wait for. */
  private saidWaitsFor: string | undefined;

  /** `onCaughtUp`: what was committed when the node started is applied. */
  constructor(engine: Engine, config: NodeConfig, log: Log, onCaughtUp = (): void => undefined) {
    this.engine = engine;
    this.log = log;
    this.onCaughtUp = onCaughtUp;
    const nowMs = (): number => performance.now();
    const status = (): ReturnType<Engine["status"]> => engine.status();
    this.carrier = new Carrier(engine, nowMs, config.defaults.requestTimeoutMs);
    this.metrics = new NodeMetrics(status, () => engine.census());
    this.grpc = new GrpcServer(
      {
        carrier: this.carrier,
        metrics: this.metrics,
        log,
        messageBytesMax: config.limits.messageBytesMax,
        authMode: config.authMode,
        nowMs,
        wallMs: () => Date.now(),
      },
      {
        bind: config.grpc,
        messageBytesMax: config.limits.messageBytesMax,
        requestBytesMax: config.limits.requestBytesMax,
        engine,
        enableHealth: config.enableHealth,
        enableReflection: config.enableReflection,
      },
    );
    const http: HttpContext = {
      status,
      catchUp: this.catchUp,
      carrier: this.carrier,
      metrics: config.metrics === undefined ? undefined : this.metrics,
      authMode: config.authMode,
      log,
      isStopping: () => this.isStopping,
    };
    this.doors = [
      { name: "gRPC", address: config.grpc, server: this.grpc },
      {
        name: "HTTP",
        address: config.http,
        server: new HttpServer(operatorRoutes(http), config.http, http),
      },
    ];
    if (config.metrics !== undefined) {
      const server = new HttpServer(metricsRoutes(http), config.metrics, http);
      this.doors.push({ name: "metrics", address: config.metrics, server });
    }
  }

  /** Where the engine's effects go. */
  emit(effect: ClientEffect): void {
    this.carrier.emit(effect);
  }

  /** An entry that this node proposed is committed and applied. */
  entryApplied(group: number, ms: number): void {
    this.metrics.applied(group, ms);
  }

  /** A leader said how far it had committed. */
  appendHeard(group: number, term: number, commit: number): void {
    this.catchUp.appendHeard(group, term, commit);
  }

  /** Each row of a call took as long as the call. */
  rowsEnqueued(topic: string, rows: number, ms: number): void {
    this.metrics.enqueued(topic, ms, rows);
  }

  rowDelivered(topic: string, waitedMs: number): void {
    this.metrics.popped(topic, waitedMs);
  }

  stageTook(stage: Stage, ms: number): void {
    this.metrics.stageTook(stage, ms);
  }

  /** Opens every door; the bound ports in the order gRPC, HTTP, metrics. */
  async listen(): Promise<number[]> {
    const ports: number[] = [];
    for (const { name, address, server } of this.doors) {
      try {
        ports.push(await server.listen());
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new ListenError(
          `The ${name} port ${formatAddress(address)} cannot be opened (${why}). ` +
            "Stop what uses it, or give this node another address.",
        );
      }
    }
    this.watch();
    return ports;
  }

  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    clearTimeout(this.timer);
    this.grpc.setServing(false);
    this.carrier.refuse(STOPPING);
    const limitMs = performance.now() + DRAIN_MAX_MS;
    while (this.carrier.pendingRequests > 0 && performance.now() < limitMs) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
    this.carrier.endAll(STOPPING);
    await Promise.all(this.doors.map(({ server }) => server.close()));
  }

  private watchCatchUp(): void {
    if (this.isCaughtUp || this.catchUp.missing(this.engine.status()).length > 0) return;
    this.isCaughtUp = true;
    this.onCaughtUp();
  }

  private watchStart(): void {
    const { isReady, waitsFor } = this.engine.status();
    if (isReady) {
      this.isServing = true;
      this.grpc.setServing(true);
      this.log.info("ready: the store is read and the node takes part");
    } else if (waitsFor !== this.saidWaitsFor) {
      this.saidWaitsFor = waitsFor;
      this.log.info(`not ready yet: ${waitsFor ?? ""}`);
    }
  }

  /** The node's own housekeeping: readiness, overdue requests, counters. */
  private watch(): void {
    if (!this.isServing) this.watchStart();
    if (this.isServing) {
      this.watchCatchUp();
      this.carrier.sweep();
      this.metrics.sample();
    }
    this.timer = setTimeout(
      () => {
        this.watch();
      },
      this.isServing ? SAMPLE_MS : READY_POLL_MS,
    );
  }
}
