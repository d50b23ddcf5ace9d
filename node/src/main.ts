// One node process: configuration, engine, services, and the three ways it ends: asked to stop (exit
// code 0), unable to go on (1), told nonsense (2).

import { performance } from "node:perf_hooks";
import { setLogVerbosity, logVerbosity } from "@grpc/grpc-js";
import { formatAddress } from "./config/address.js";
import { loadConfig } from "./config/config.js";
import type { NodeConfig } from "./config/node-config.js";
import { helpText } from "./config/options.js";
import { createLog, type Log } from "./log.js";
import { createCollector } from "./memory/collector.js";
import { LoadGarbage } from "./memory/load-garbage.js";
import { isOnGlibc, mallocWarning } from "./memory/malloc-env.js";
import { v8Warning } from "./memory/v8-flags.js";
import { StartGarbage } from "./memory/start-garbage.js";
import { StageClock } from "./metrics/stage-clock.js";
import type { ObserveStage } from "./metrics/stages.js";
import { ProductionEngine } from "./production-engine.js";
import { Services } from "./services.js";

const EXIT_FATAL = 1;
const EXIT_USAGE = 2;
/** After this long a shutdown that hangs is cut short. */
const STOP_MAX_MS = 8_000;

class NodeProcess {
  private readonly log: Log;
  private readonly engine: ProductionEngine;
  private readonly services: Services;
  private isEnding = false;

  constructor(config: NodeConfig, log: Log) {
    this.log = log;
    const observeStage: ObserveStage = (stage, ms) => {
      this.services.stageTook(stage, ms);
    };
    const clock = new StageClock({
      nowMs: () => performance.now(),
      observe: observeStage,
      onApplied: (group, ms) => {
        this.services.entryApplied(group, ms);
      },
      onAppend: (group, term, commit) => {
        this.services.appendHeard(group, term, commit);
      },
      onEnqueued: (topic, rows, ms) => {
        this.services.rowsEnqueued(topic, rows, ms);
      },
      onPopped: (topic, ms) => {
        this.services.rowDelivered(topic, ms);
      },
      onStopped: (group, reason) => {
        log.error({ group, reason }, "a broken invariant stopped a group on this node");
      },
    });
    const ports = {
      collect: createCollector(),
      heapBytes: () => process.memoryUsage().heapUsed,
      later: (call: () => void) => setImmediate(call),
    };
    const garbage = new StartGarbage(ports);
    this.engine = new ProductionEngine({
      config,
      log,
      observer: clock,
      observeStage,
      garbage,
      loadGarbage: new LoadGarbage(ports),
      emit: (effect) => {
        this.services.emit(effect);
      },
      onFatal: (message) => {
        this.fail(message);
      },
    });
    this.services = new Services(this.engine, config, log, () => {
      garbage.started();
      this.engine.startedUp();
    });
  }

  async start(config: NodeConfig): Promise<void> {
    await this.services.listen();
    await this.engine.start();
    this.log.info(
      {
        pid: process.pid,
        grpc: formatAddress(config.grpc),
        http: formatAddress(config.http),
        ...(config.metrics === undefined ? {} : { metrics: formatAddress(config.metrics) }),
        raft: formatAddress(config.raft),
        data: config.dataDir,
        members: config.members.map(({ name }) => name),
      },
      "listening",
    );
  }

  async stop(why: string): Promise<void> {
    if (this.isEnding) return;
    this.isEnding = true;
    this.log.info(`stopping: ${why}`);
    setTimeout(() => {
      this.log.error("the shutdown hangs; ending anyway");
      process.exit(EXIT_FATAL);
    }, STOP_MAX_MS).unref();
    await this.services.stop();
    await this.engine.stop();
    this.log.info("stopped");
    process.exit(0);
  }

  /** One clear sentence, to the log and to the supervisor, and out: no retry, no further effect. */
  fail(message: string): void {
    this.isEnding = true;
    this.engine.halt();
    this.log.fatal(message);
    tellSupervisor(message, () => process.exit(EXIT_FATAL));
  }
}

/** Tells whoever started this process why it ends; `done` is called in any case. */
function tellSupervisor(message: string, done: () => void): void {
  if (process.send === undefined || !process.connected) done();
  else process.send({ kind: "fatal", message }, undefined, {}, done);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<void> {
  const loaded = loadConfig({ argv: process.argv.slice(2), env: process.env });
  if (loaded.kind === "help") {
    console.log(helpText());
    return;
  }
  if (loaded.kind === "problems") {
    const text = ["This node cannot start:", ...loaded.problems.map((line) => `- ${line}`)].join(
      "\n",
    );
    console.error(text);
    tellSupervisor(text, () => process.exit(EXIT_USAGE));
    return;
  }
  const { config, warnings } = loaded;
  const log = createLog({ level: config.logLevel, format: config.logFormat, node: config.nodeId });
  // What grpc-js would print by itself arrives as an error where it matters.
  setLogVerbosity(logVerbosity.NONE);
  for (const warning of warnings) log.warn(warning);
  for (const unset of [mallocWarning(process.env, isOnGlibc()), v8Warning(process.execArgv)]) {
    if (unset !== undefined) log.warn(unset);
  }
  const node = new NodeProcess(config, log);
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "a bug stopped this node");
    node.fail(`A bug stopped this node: ${sentenceOf(error)}`);
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => void node.stop(signal));
  }
  // The channel to the supervisor breaks when it dies, however it dies.
  process.on("disconnect", () => void node.stop("the supervisor is gone"));
  try {
    await node.start(config);
  } catch (error) {
    node.fail(sentenceOf(error));
  }
}

await main();
