// Three node processes on free ports of this machine, formed from a fixed list, with their data and logs
// in one folder. Every workload gets a new one, so that none measures what another left behind.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./free-ports.js";
import { type NodeAddresses, NodeProcess, type NodeUsage } from "./node-process.js";

const NODE_COUNT = 3;
const PORTS_PER_NODE = 4;
const HEALTHY_MAX_MS = 30_000;
const POLL_MS = 50;

export class Cluster {
  readonly folder: string;
  nodes: readonly NodeProcess[];

  private constructor(folder: string, nodes: readonly NodeProcess[]) {
    this.folder = folder;
    this.nodes = nodes;
  }

  /** Resolves when all nodes are healthy; `track` learns of the cluster before that. */
  static async start(track: (cluster: Cluster) => void): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), "disheap-bench-"));
    const addresses = await placeNodes(folder);
    const cluster = new Cluster(
      folder,
      addresses.map((one) => new NodeProcess(one)),
    );
    track(cluster);
    await cluster.waitHealthy();
    return cluster;
  }

  get endpoints(): string[] {
    return this.nodes.map(({ addresses }) => addresses.endpoint);
  }

  usage(options = { collectGarbage: false }): Promise<NodeUsage[]> {
    return Promise.all(this.nodes.map((node) => node.usage(options)));
  }

  /** Stops all nodes and starts them again over their data; resolves when all are healthy. */
  async restart(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    this.nodes = this.nodes.map(({ addresses }) => new NodeProcess(addresses));
    await this.waitHealthy();
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** For a bench that is ended: nothing stays behind. */
  kill(): void {
    for (const node of this.nodes) node.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async waitHealthy(): Promise<void> {
    for (let waitedMs = 0; waitedMs < HEALTHY_MAX_MS; waitedMs += POLL_MS) {
      const healthy = await Promise.all(this.nodes.map((node) => node.isHealthy()));
      if (healthy.every(Boolean)) return;
      await sleep(POLL_MS);
    }
    const words = this.nodes.map((node) => `${node.name}: ${node.lastWords()}`);
    throw new Error(`The cluster is not healthy; last log lines:\n${words.join("\n")}`);
  }
}

async function placeNodes(folder: string): Promise<NodeAddresses[]> {
  const ports = await freePorts(NODE_COUNT * PORTS_PER_NODE);
  const at = (position: number, which: number): string =>
    `127.0.0.1:${String(ports[position * PORTS_PER_NODE + which])}`;
  const positions = Array.from({ length: NODE_COUNT }, (_, position) => position);
  const nameOf = (position: number): string => `n${position + 1}`;
  const members = positions.map((position) => `${nameOf(position)}=${at(position, 3)}`).join(",");
  mkdirSync(folder, { recursive: true });
  return positions.map((position) => ({
    name: nameOf(position),
    endpoint: at(position, 0),
    http: `http://${at(position, 1)}`,
    logFile: join(folder, `${nameOf(position)}.log`),
    env: {
      NODE_ID: nameOf(position),
      INITIAL_CLUSTER: members,
      ENGINE_BIND_ADDRESS: at(position, 0),
      ENGINE_HTTP_BIND_ADDRESS: at(position, 1),
      METRICS_BIND_ADDRESS: at(position, 2),
      RAFT_BIND: at(position, 3),
      STORAGE_PATH: join(folder, nameOf(position)),
    },
  }));
}
