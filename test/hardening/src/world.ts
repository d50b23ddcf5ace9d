// What one case may use: a folder of its own, nodes that are ended with it, and the shared cluster.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Api } from "./api.js";
import { expect } from "./case.js";
import type { StandingCluster } from "./cluster.js";
import { freeAddresses, NodeProcess, type NodeSpec } from "./node-process.js";

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

  /** A one-node cluster, not started yet; started nodes are killed when the case ends. */
  async single(
    folderName = "data",
    more: Partial<Pick<NodeSpec, "env" | "wrapper" | "folder" | "addresses" | "name">> = {},
  ): Promise<NodeProcess> {
    const env = { SINGLE_NODE: "true", ...more.env };
    return this.node({
      name: "n1",
      folder: join(this.folder, folderName),
      logFolder: this.folder,
      addresses: await freeAddresses(),
      ...more,
      env,
    });
  }

  node(spec: NodeSpec): NodeProcess {
    const node = new NodeProcess(spec);
    this.atEnd(() => node.kill());
    return node;
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
