// The nodes of the suite, all in one folder: clusters for the deployments, single nodes for the cases about
// settings and start.

import { join } from "node:path";
import { Cluster, type ClusterOptions, type Env, type NodeProcess } from "@disheap/harness";

export class Launcher {
  private readonly folder: string;
  private runs = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A node alone, not yet started; `env` and `args` change its settings, undefined removes one. */
  async single(env: Env = {}, args: readonly string[] = []): Promise<NodeProcess> {
    return this.only(await Cluster.place(this.alone(env, args)));
  }

  /** The same, started and healthy. */
  async running(env: Env = {}, args: readonly string[] = []): Promise<NodeProcess> {
    return this.only(await Cluster.start(this.alone(env, args)));
  }

  /** `count` nodes of one cluster, started and healthy. */
  cluster(count: number): Promise<Cluster> {
    return Cluster.start({ nodes: count, folder: this.nextFolder() });
  }

  private alone(env: Env, args: readonly string[]): ClusterOptions {
    const settings = { SINGLE_NODE: "true", INITIAL_CLUSTER: undefined, ...env };
    return { nodes: 1, folder: this.nextFolder(), env: settings, args };
  }

  private only(cluster: Cluster): NodeProcess {
    return cluster.node("n1");
  }

  private nextFolder(): string {
    this.runs += 1;
    return join(this.folder, String(this.runs));
  }
}
