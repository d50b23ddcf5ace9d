// Node processes: on free ports of this machine, each with its data and its log in a folder of the run.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const NODE_MAIN = fileURLToPath(new URL("../../../node/dist/main.js", import.meta.url));
const HEALTHY_MAX_MS = 60_000;
const POLL_MS = 50;

/** Settings of the machine that would change a node must not reach it. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "NODE_OPTIONS"];

export type Env = Readonly<Record<string, string>>;

export class NodeProcess {
  readonly name: string;
  readonly endpoint: string;
  readonly http: string;
  readonly metrics: string;
  readonly raft: string;
  readonly env: Env;
  private readonly logFile: string;
  private readonly argv: readonly string[];
  private child: ChildProcess | undefined;

  constructor(options: { name: string; env: Env; logFile: string; argv?: readonly string[] }) {
    const { name, env, logFile, argv = [] } = options;
    this.name = name;
    this.env = env;
    this.logFile = logFile;
    this.argv = argv;
    this.endpoint = env["ENGINE_BIND_ADDRESS"] ?? "";
    this.http = `http://${env["ENGINE_HTTP_BIND_ADDRESS"] ?? ""}`;
    this.metrics = `http://${env["METRICS_BIND_ADDRESS"] ?? ""}`;
    this.raft = env["RAFT_BIND"] ?? "";
  }

  start(): void {
    const log = openSync(this.logFile, "a");
    const inherited = INHERITED.flatMap((key) => {
      const value = process.env[key];
      return value === undefined ? [] : [[key, value]];
    });
    this.child = spawn(process.execPath, [NODE_MAIN, ...this.argv], {
      env: { ...(Object.fromEntries(inherited) as Env), ...this.env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
  }

  /** Everything it printed. */
  log(): string {
    return readFileSync(this.logFile, "utf8");
  }

  get isRunning(): boolean {
    const child = this.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** The exit code of a process that ends by itself or is asked to; null when a signal ended it. */
  exit(): Promise<number | null> {
    const child = this.child;
    if (child === undefined || !this.isRunning) return Promise.resolve(child?.exitCode ?? null);
    return new Promise((resolve) => {
      child.once("exit", (code) => {
        resolve(code);
      });
    });
  }

  signal(name: NodeJS.Signals): Promise<number | null> {
    const exit = this.exit();
    this.child?.kill(name);
    return exit;
  }

  async isHealthy(): Promise<boolean> {
    try {
      const response = await fetch(`${this.http}/health`, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      // Not listening (yet): asked again.
      return false;
    }
  }

  async healthy(): Promise<void> {
    for (let waitedMs = 0; waitedMs < HEALTHY_MAX_MS; waitedMs += POLL_MS) {
      if (await this.isHealthy()) return;
      if (!this.isRunning) break;
      await sleep(POLL_MS);
    }
    const tail = this.log().trimEnd().split("\n").slice(-5).join("\n");
    throw new Error(`${this.name} is not healthy; last log lines:\n${tail}`);
  }
}

export class Launcher {
  private readonly folder: string;
  private readonly started: NodeProcess[] = [];
  private runs = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A node alone, not yet started; `env` and `argv` change its settings, undefined removes one. */
  async single(
    env: Readonly<Record<string, string | undefined>> = {},
    argv: readonly string[] = [],
  ): Promise<NodeProcess> {
    const folder = this.nextFolder();
    const [grpc, http, metrics, raft] = await freePorts(4);
    const settings = {
      NODE_ID: "n1",
      SINGLE_NODE: "true",
      ENGINE_BIND_ADDRESS: `127.0.0.1:${String(grpc)}`,
      ENGINE_HTTP_BIND_ADDRESS: `127.0.0.1:${String(http)}`,
      METRICS_BIND_ADDRESS: `127.0.0.1:${String(metrics)}`,
      RAFT_BIND: `127.0.0.1:${String(raft)}`,
      STORAGE_PATH: join(folder, "data"),
      ...env,
    };
    const given: [string, string][] = [];
    for (const [key, value] of Object.entries<string | undefined>(settings)) {
      if (value !== undefined) given.push([key, value]);
    }
    return this.keep(
      new NodeProcess({
        name: settings.NODE_ID,
        env: Object.fromEntries(given),
        logFile: join(folder, "log"),
        argv,
      }),
    );
  }

  /** `count` nodes of one cluster, started and healthy. */
  async cluster(count: number): Promise<NodeProcess[]> {
    const folder = this.nextFolder();
    const ports = await freePorts(count * 4);
    const at = (node: number, which: number): string =>
      `127.0.0.1:${String(ports[node * 4 + which])}`;
    const positions = Array.from({ length: count }, (_, node) => node);
    const nameOf = (node: number): string => `n${String(node + 1)}`;
    const list = positions.map((node) => `${nameOf(node)}=${at(node, 3)}`).join(",");
    const nodes = positions.map((node) =>
      this.keep(
        new NodeProcess({
          name: nameOf(node),
          env: {
            NODE_ID: nameOf(node),
            INITIAL_CLUSTER: list,
            ENGINE_BIND_ADDRESS: at(node, 0),
            ENGINE_HTTP_BIND_ADDRESS: at(node, 1),
            METRICS_BIND_ADDRESS: at(node, 2),
            RAFT_BIND: at(node, 3),
            STORAGE_PATH: join(folder, nameOf(node)),
          },
          logFile: join(folder, `${nameOf(node)}.log`),
        }),
      ),
    );
    for (const node of nodes) node.start();
    await Promise.all(nodes.map((node) => node.healthy()));
    return nodes;
  }

  killAll(): void {
    for (const node of this.started) if (node.isRunning) void node.signal("SIGKILL");
  }

  private keep(node: NodeProcess): NodeProcess {
    this.started.push(node);
    return node;
  }

  private nextFolder(): string {
    this.runs += 1;
    const folder = join(this.folder, String(this.runs));
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

/** Ports that were free a moment ago; all are held at once, so they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            resolve((server.address() as AddressInfo).port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
