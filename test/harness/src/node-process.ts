// A Disheap node as a process: on four ports of this machine, with its data in a folder, alone or as a
// member of a cluster.

import { fileURLToPath } from "node:url";
import { removeFolder } from "./cleanup.js";
import { type Env, mergeEnv } from "./env.js";
import { askHealth, type Health, isReady } from "./health.js";
import type { NodeAddresses } from "./ports.js";
import { type Exit, Program } from "./program.js";
import { until } from "./until.js";

export const NODE_MAIN = fileURLToPath(new URL("../../../node/dist/main.js", import.meta.url));
const HEALTHY_MAX_MS = 60_000;
/** As npm start and the image set it: memory that is not held any more goes back to the system. */
const MALLOC_ENV = {
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "131072",
  MALLOC_MMAP_MAX_: "32768",
};
/** As they set it: V8 does not collect for nothing. */
const V8_FLAGS = ["--initial-old-space-size=64"];
const WORDS_ON_ERROR = 8;

export interface NodeSpec {
  readonly name: string;
  readonly addresses: NodeAddresses;
  readonly dataFolder: string;
  readonly logFile: string;
  /** Settings of the node; these win over the ones that name, addresses and folder give. */
  readonly env?: Env;
  /** Arguments of the node. */
  readonly args?: readonly string[] | undefined;
  /** Arguments of `node` before the node's own program, such as --cpu-prof. */
  readonly nodeArgs?: readonly string[] | undefined;
  /** A command in front of it all, such as ["sh", "-c", "ulimit -f 6144; exec \"$@\"", "sh"]. */
  readonly wrapper?: readonly string[] | undefined;
}

export class NodeProcess extends Program {
  readonly addresses: NodeAddresses;
  readonly dataFolder: string;
  /** Every setting it is started with. */
  readonly env: Readonly<Record<string, string>>;

  constructor(spec: NodeSpec) {
    const { name, addresses, dataFolder, logFile, args = [], nodeArgs = [], wrapper = [] } = spec;
    const env = mergeEnv(
      {
        ...MALLOC_ENV,
        NODE_ID: name,
        ENGINE_BIND_ADDRESS: addresses.grpc,
        ENGINE_HTTP_BIND_ADDRESS: addresses.http,
        METRICS_BIND_ADDRESS: addresses.metrics,
        RAFT_BIND: addresses.raft,
        STORAGE_PATH: dataFolder,
      },
      spec.env ?? {},
    );
    const command = [...wrapper, process.execPath, ...V8_FLAGS, ...nodeArgs, NODE_MAIN, ...args];
    super({ name, command, env, logFile });
    this.env = env;
    this.dataFolder = env["STORAGE_PATH"] ?? dataFolder;
    this.addresses = {
      grpc: env["ENGINE_BIND_ADDRESS"] ?? addresses.grpc,
      http: env["ENGINE_HTTP_BIND_ADDRESS"] ?? addresses.http,
      metrics: env["METRICS_BIND_ADDRESS"] ?? addresses.metrics,
      raft: env["RAFT_BIND"] ?? addresses.raft,
    };
  }

  /** For clients. */
  get endpoint(): string {
    return this.addresses.grpc;
  }

  get http(): string {
    return `http://${this.addresses.http}`;
  }

  get metrics(): string {
    return `http://${this.addresses.metrics}`;
  }

  /** What it says on /health; undefined when it does not answer. */
  health(): Promise<Health | undefined> {
    return askHealth(this.http);
  }

  async isHealthy(): Promise<boolean> {
    return (await this.health())?.healthy === true;
  }

  /** Resolves when it is healthy. One that ends first, or takes too long, is an error with its last words. */
  async healthy(maxMs = HEALTHY_MAX_MS): Promise<this> {
    try {
      await until(`${this.name} is healthy`, maxMs, () => {
        if (this.isRunning) return this.isHealthy();
        throw new Error(`${this.name} ended (${howOf(this.exit)}) before it was healthy`);
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${why}. Its last words:\n    ${this.lastWords(WORDS_ON_ERROR)}`);
    }
    return this;
  }

  /** Resolves when it is healthy and has applied what was committed when it started. */
  async ready(maxMs = HEALTHY_MAX_MS): Promise<this> {
    await this.healthy(maxMs);
    await until(`${this.name} is ready`, maxMs, () => isReady(this.http));
    return this;
  }

  /** Stopped, started, healthy again. */
  async restart(env: Env = {}): Promise<this> {
    if (this.isRunning) await this.stop();
    return this.start(env).healthy();
  }

  /** Takes its data away: the next start is one on an empty disk. */
  empty(): void {
    if (this.isRunning) throw new Error(`${this.name} runs; stop or kill it before you empty it.`);
    removeFolder(this.dataFolder);
  }

  /** It ended because something else had one of its ports. */
  get foundPortTaken(): boolean {
    return !this.isRunning && /\bport \S+ cannot be opened\b/.test(this.lastWords());
  }
}

function howOf(exit: Exit | undefined): string {
  if (exit === undefined) return "it was never started";
  return exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : `killed by ${exit.signal}`;
}
