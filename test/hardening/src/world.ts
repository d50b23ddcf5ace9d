// What one case may use: a folder of its own, nodes that are ended with it, and the shared cluster.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  Cluster,
  type ClusterOptions,
  type Env,
  type NodeAddresses,
  type NodeProcess,
} from "@disheap/harness";
import { Api } from "./api.js";
import { expect } from "./expect.js";
import type { StandingCluster } from "./cluster.js";
import { TIMING } from "./timing.js";

/** What is different about a node of a case. */
export interface SingleOptions {
  readonly name?: string;
  readonly env?: Env;
  readonly wrapper?: readonly string[];
  readonly addresses?: NodeAddresses;
  /** Of its data, when that does not lie in the folder of the case. */
  readonly folder?: string;
}

export class World {
  readonly folder: string;
  private readonly shared: StandingCluster | undefined;
  private readonly cleanups: (() => Promise<void> | void)[] = [];

  constructor(folder: string, shared?: StandingCluster) {
    this.folder = folder;
    this.shared = shared;
    mkdirSync(folder, { recursive: true });
  }

  get cluster(): StandingCluster {
    expect(this.shared !== undefined, "only cases of the cluster lane use the shared cluster");
    return this.shared;
  }

  /** A one-node cluster, not started yet. */
  async single(folderName = "data", more: SingleOptions = {}): Promise<NodeProcess> {
    const { name = "n1" } = more;
    return (await this.place(this.alone(folderName, more))).node(name);
  }

  /** The same, started and healthy. */
  async running(folderName = "data", more: SingleOptions = {}): Promise<NodeProcess> {
    const { name = "n1" } = more;
    return this.own(await Cluster.start(this.alone(folderName, more))).node(name);
  }

  /** Nodes of the case, not started yet. */
  async place(options: ClusterOptions): Promise<Cluster> {
    const env = { ...TIMING, ...options.env };
    return this.own(await Cluster.place({ folder: this.folder, ...options, env }));
  }

  private alone(folderName: string, more: SingleOptions): ClusterOptions {
    const { name = "n1", wrapper, addresses, folder = join(this.folder, folderName) } = more;
    return {
      nodes: [name],
      folder: this.folder,
      dataFolder: () => folder,
      env: { ...TIMING, SINGLE_NODE: "true", INITIAL_CLUSTER: undefined, ...more.env },
      wrapper,
      ...(addresses === undefined ? {} : { addresses: () => Promise.resolve([addresses]) }),
    };
  }

  /** Its nodes are killed when the case ends. */
  private own(cluster: Cluster): Cluster {
    this.atEnd(() => cluster.close());
    return cluster;
  }

  api(node: NodeProcess): Api {
    const api = new Api(node.addresses.grpc);
    this.atEnd(() => {
      api.close();
    });
    return api;
  }

  /** Runs when the case ends, newest first. */
  atEnd(cleanup: () => Promise<void> | void): void {
    this.cleanups.push(cleanup);
  }

  async end(keepFolder: boolean): Promise<void> {
    for (const cleanup of this.cleanups.reverse()) await cleanup();
    if (!keepFolder) rmSync(this.folder, { recursive: true, force: true });
  }
}
