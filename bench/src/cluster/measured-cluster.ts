// Three nodes that can be measured. Every workload gets new ones, so that none measures what another left
// behind.

import { Cluster } from "@disheap/harness";
import { MeasuredNode, type NodeUsage } from "./measured-node.js";

/** What malloc is told: as `npm start` and the image tell it, or nothing, as when a node is started bare. */
export type MemorySettings = "npm start" | "bare";

const BARE = {
  MALLOC_MMAP_THRESHOLD_: undefined,
  MALLOC_TRIM_THRESHOLD_: undefined,
  MALLOC_MMAP_MAX_: undefined,
};
/** A start over a long log on a busy machine. */
const READY_MAX_MS = 300_000;

const PROBE = new URL("probe.js", import.meta.url).href;

export class MeasuredCluster {
  readonly nodes: readonly MeasuredNode[];
  private readonly cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.nodes = cluster.nodes.map((node) => new MeasuredNode(node));
  }

  /** Resolves when all nodes are healthy. */
  static async start(memory: MemorySettings = "npm start"): Promise<MeasuredCluster> {
    const nodeArgs = ["--expose-gc", `--import=${PROBE}`];
    const env = memory === "bare" ? BARE : {};
    return new MeasuredCluster(await Cluster.start({ nodeArgs, env }));
  }

  get endpoints(): string[] {
    return this.cluster.endpoints;
  }

  usage(options = { collectGarbage: false }): Promise<NodeUsage[]> {
    return Promise.all(this.nodes.map((node) => node.usage(options)));
  }

  /** Stops all nodes and starts them again over their data; resolves when all are ready. */
  async restart(): Promise<void> {
    await this.cluster.stop();
    for (const node of this.cluster.nodes) node.start();
    await Promise.all(this.cluster.nodes.map((node) => node.ready(READY_MAX_MS)));
  }

  close(): Promise<void> {
    return this.cluster.close();
  }
}
