// One real node process: started, watched, measured, ended.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "./ports.js";
import { until } from "./until.js";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const NODE_MAIN = join(ROOT, "node/dist/main.js");
const HEALTHY_MAX_MS = 20_000;
const STOP_MAX_MS = 12_000;

/** Faster than by default, so that a case spends its time on what it is about. */
const TIMING: Readonly<Record<string, string>> = {
  RAFT_TICK_MS: "20",
  RAFT_BEAT_MS: "60",
  RAFT_ELECTION_MIN_MS: "600",
  RAFT_ELECTION_MAX_MS: "1200",
  RAFT_CHECK_QUORUM_MS: "600",
  DISK_STALL_MS: "500",
};

export interface NodeAddresses {
  readonly grpc: string;
  readonly http: string;
  readonly metrics: string;
  readonly raft: string;
}

export interface NodeSpec {
  readonly name: string;
  readonly folder: string;
  readonly addresses: NodeAddresses;
  readonly env: Readonly<Record<string, string>>;
  /** Arguments of the node after its main file. */
  readonly args?: readonly string[];
  /** Where its log goes: beside the data folder when not said. */
  readonly logFolder?: string;
  /** A program that starts the node, such as `sh -c`. */
  readonly wrapper?: readonly string[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Resources {
  readonly rssMb: number;
  readonly handles: number;
}

export async function freeAddresses(): Promise<NodeAddresses> {
  const at = (port: number | undefined): string => `127.0.0.1:${String(port)}`;
  const [grpc, http, metrics, raft] = await freePorts(4);
  return { grpc: at(grpc), http: at(http), metrics: at(metrics), raft: at(raft) };
}

/** The environment of this process without settings of a node. */
function plainEnv(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR", "LANG", "SystemRoot"];
  const entries = kept.map((key) => [key, process.env[key]]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

export class NodeProcess {
  readonly spec: NodeSpec;
  readonly logFile: string;
  private child: ChildProcess | undefined;
  private exited: Promise<Exit> | undefined;

  constructor(spec: NodeSpec) {
    this.spec = spec;
    this.logFile = join(spec.logFolder ?? dirname(spec.folder), `${basename(spec.folder)}.log`);
  }

  get name(): string {
    return this.spec.name;
  }

  get addresses(): NodeAddresses {
    return this.spec.addresses;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get isRunning(): boolean {
    const { child } = this;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** `env` overrides the node's own settings for this start. */
  start(env: Readonly<Record<string, string>> = {}): this {
    const { addresses, folder, name, args = [], wrapper = [] } = this.spec;
    mkdirSync(dirname(this.logFile), { recursive: true });
    const log = openSync(this.logFile, "a");
    const [command = process.execPath, ...rest] = [
      ...wrapper,
      process.execPath,
      NODE_MAIN,
      ...args,
    ];
    const child = spawn(command, rest, {
      env: {
        ...plainEnv(),
        ...TIMING,
        NODE_ID: name,
        ENGINE_BIND_ADDRESS: addresses.grpc,
        ENGINE_HTTP_BIND_ADDRESS: addresses.http,
        METRICS_BIND_ADDRESS: addresses.metrics,
        RAFT_BIND: addresses.raft,
        STORAGE_PATH: folder,
        ...this.spec.env,
        ...env,
      },
      cwd: dirname(this.logFile),
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        resolve({ code, signal });
      });
    });
    return this;
  }

  async isHealthy(): Promise<boolean> {
    try {
      const response = await fetch(`http://${this.addresses.http}/health`, {
        signal: AbortSignal.timeout(2_000),
      });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  async healthy(maxMs = HEALTHY_MAX_MS): Promise<this> {
    try {
      await until(`${this.name} is healthy`, maxMs, async () => {
        if (!this.isRunning) throw new Error(`${this.name} ended instead of becoming healthy`);
        return this.isHealthy();
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${why}; its last words: ${this.lastWords()}`);
    }
    return this;
  }

  /** How the process ended; an error when it does not end in time. */
  async ended(maxMs: number): Promise<Exit> {
    await until(`${this.name} ends`, maxMs, () => !this.isRunning);
    return (await this.exited) ?? { code: null, signal: null };
  }

  async kill(): Promise<void> {
    this.child?.kill("SIGKILL");
    await this.exited;
  }

  /** Asks it to stop. */
  async stop(): Promise<Exit> {
    this.child?.kill("SIGTERM");
    return this.ended(STOP_MAX_MS);
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  lastWords(): string {
    return this.log().trimEnd().split("\n").slice(-3).join(" | ");
  }

  /** Undefined where the system does not tell. */
  resources(): Resources | undefined {
    const folder = `/proc/${String(this.pid)}`;
    if (!existsSync(folder)) return undefined;
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`${folder}/status`, "utf8"))?.[1];
    return {
      rssMb: Math.round(Number(rss ?? 0) / 1024),
      handles: readdirSync(`${folder}/fd`).length,
    };
  }
}
