// Three real node processes on free ports of this machine, with their data in one temporary folder.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const NODE_COUNT = 3;
const PORTS_PER_NODE = 4;
const HEALTHY_MAX_MS = 30_000;
const POLL_MS = 50;

export interface ClusterNode {
  readonly name: string;
  readonly endpoint: string;
  readonly http: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  process: ChildProcess | undefined;
  /** From before it is killed until it is healthy again. */
  isDown: boolean;
}

export class Cluster {
  readonly nodes: readonly ClusterNode[];
  private readonly nodeMain: string;

  private constructor(nodes: readonly ClusterNode[], nodeMain: string) {
    this.nodes = nodes;
    this.nodeMain = nodeMain;
  }

  static async create(folder: string, nodeMain: string): Promise<Cluster> {
    const ports = await freePorts(NODE_COUNT * PORTS_PER_NODE);
    const at = (position: number, which: number): string =>
      `127.0.0.1:${String(ports[position * PORTS_PER_NODE + which])}`;
    const positions = Array.from({ length: NODE_COUNT }, (_, position) => position);
    const nameOf = (position: number): string => `n${String(position + 1)}`;
    const list = positions.map((position) => `${nameOf(position)}=${at(position, 3)}`).join(",");
    mkdirSync(folder, { recursive: true });
    const nodes = positions.map((position): ClusterNode => ({
      name: nameOf(position),
      endpoint: at(position, 0),
      http: `http://${at(position, 1)}`,
      env: {
        NODE_ID: nameOf(position),
        INITIAL_CLUSTER: list,
        ENGINE_BIND_ADDRESS: at(position, 0),
        ENGINE_HTTP_BIND_ADDRESS: at(position, 1),
        METRICS_BIND_ADDRESS: at(position, 2),
        RAFT_BIND: at(position, 3),
        STORAGE_PATH: join(folder, nameOf(position)),
      },
      logFile: join(folder, `${nameOf(position)}.log`),
      process: undefined,
      isDown: true,
    }));
    return new Cluster(nodes, nodeMain);
  }

  get endpoints(): string[] {
    return this.nodes.map((node) => node.endpoint);
  }

  start(node: ClusterNode): void {
    const log = openSync(node.logFile, "a");
    node.process = spawn(process.execPath, [this.nodeMain], {
      env: { ...process.env, ...node.env },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
  }

  /** SIGKILL, as a power cut would do it; resolves when the process is gone. */
  async kill(node: ClusterNode): Promise<void> {
    node.isDown = true;
    await ended(node.process, "SIGKILL");
    node.process = undefined;
  }

  /** Asks every node to stop; the exit codes by name. */
  async stop(): Promise<Map<string, number | null>> {
    const codes = await Promise.all(
      this.nodes.map(async (node): Promise<[string, number | null]> => {
        const code = await ended(node.process, "SIGTERM");
        node.process = undefined;
        return [node.name, code];
      }),
    );
    return new Map(codes);
  }

  killAll(): void {
    for (const node of this.nodes) node.process?.kill("SIGKILL");
  }

  isDown(endpoint: string): boolean {
    return this.nodes.find((node) => node.endpoint === endpoint)?.isDown ?? false;
  }

  /** Until every running node answers 200 on /health. Throws with the last words of one that does not. */
  async waitHealthy(): Promise<void> {
    for (let waitedMs = 0; waitedMs < HEALTHY_MAX_MS; waitedMs += POLL_MS) {
      const answers = await Promise.all(this.nodes.map((node) => isHealthy(node)));
      if (answers.every((healthy) => healthy)) {
        for (const node of this.nodes) node.isDown = false;
        return;
      }
      await sleep(POLL_MS);
    }
    const logs = this.nodes.map((node) => `${node.name}: ${lastLines(node.logFile)}`);
    throw new Error(`the cluster is not healthy; last log lines:\n${logs.join("\n")}`);
  }
}

async function isHealthy(node: ClusterNode): Promise<boolean> {
  try {
    const response = await fetch(`${node.http}/health`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    // Not listening (yet): asked again.
    return false;
  }
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-5).join("\n    ");
}

/** Sends the signal and waits for the end; null when the process was not there or died by a signal. */
function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<number | null> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(child?.exitCode ?? null);
  }
  return new Promise((resolve) => {
    child.once("exit", (code) => {
      resolve(code);
    });
    child.kill(signal);
  });
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
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        }),
    ),
  );
  return ports;
}
