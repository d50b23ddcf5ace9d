// A cluster of real nodes on free ports of this machine, each with its data and its log in one folder.

import { basename, join } from "node:path";
import { existsSync, rmSync } from "node:fs";
import { removeFolder, temporaryFolder, type TemporaryFolder } from "./cleanup.js";
import type { Env } from "./env.js";
import { NodeProcess, type NodeSpec } from "./node-process.js";
import { PeerLinks } from "./peer-links.js";
import { freeAddressesOf, type NodeAddresses } from "./ports.js";
import type { Exit } from "./program.js";
import { until } from "./until.js";

/** A port may be taken between the moment it was found free and the start of the node. */
const TRIES = 5;
const LEADER_MAX_MS = 30_000;

export interface ClusterOptions extends Pick<NodeSpec, "args" | "nodeArgs" | "wrapper"> {
  /** How many (they are called n1, n2, ...), or their names. Three when not said. */
  readonly nodes?: number | readonly string[];
  /** Settings of every node. INITIAL_CLUSTER is all of them when not said, undefined leaves it out. */
  readonly env?: Env;
  /** For data and logs, and it stays. A temporary one, which goes with the cluster, when not said. */
  readonly folder?: string;
  /** Where a node keeps its data when not in the folder; its log is named after it. */
  readonly dataFolder?: (name: string) => string;
  /** In place of free ports. Asked again for every try of a start. */
  readonly addresses?: () => Promise<readonly NodeAddresses[]>;
  /** "cuttable": the nodes reach each other through `links`. */
  readonly network?: "direct" | "cuttable";
  readonly healthyMaxMs?: number;
}

export class Cluster {
  readonly nodes: readonly NodeProcess[];
  /** The member list, as every node is given it. */
  readonly list: string;
  readonly folder: string;
  private readonly temporary: TemporaryFolder | undefined;
  private readonly peerLinks: PeerLinks | undefined;

  private constructor(parts: Pick<Cluster, "nodes" | "list" | "folder">, own: Owned) {
    this.nodes = parts.nodes;
    this.list = parts.list;
    this.folder = parts.folder;
    this.temporary = own.temporary;
    this.peerLinks = own.peerLinks;
  }

  /** All nodes started and healthy. When one finds a port taken, all start again with other ports. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    for (let tries = 1; ; tries += 1) {
      const cluster = await Cluster.place(options);
      const isNew = cluster.nodes.filter(({ dataFolder }) => !existsSync(dataFolder));
      try {
        for (const node of cluster.nodes) node.start();
        await cluster.healthy(options.healthyMaxMs);
        return cluster;
      } catch (error) {
        const isTaken = cluster.nodes.some(({ foundPortTaken }) => foundPortTaken);
        await cluster.close();
        if (!isTaken || tries === TRIES) throw error;
        // What was written belongs to the other ports.
        for (const { dataFolder, logFile } of isNew) {
          removeFolder(dataFolder);
          rmSync(logFile, { force: true });
        }
      }
    }
  }

  /** The nodes with their ports, folders and settings, not started. */
  static async place(options: ClusterOptions = {}): Promise<Cluster> {
    const names = namesOf(options.nodes ?? 3);
    const addresses = await (options.addresses ?? (() => freeAddressesOf(names.length)))();
    const raft = new Map(names.map((name, i) => [name, addressesAt(addresses, i).raft]));
    const peerLinks = options.network === "cuttable" ? await PeerLinks.listen(raft) : undefined;
    const entries = names.map((name) => `${name}=${peerLinks?.addressOf(name) ?? raft.get(name)}`);
    const list = entries.join(",");
    const temporary = options.folder === undefined ? temporaryFolder() : undefined;
    const folder = options.folder ?? temporary?.path ?? ".";
    const { dataFolder = (name: string) => join(folder, name), args, nodeArgs, wrapper } = options;
    const nodes = names.map((name, i) => {
      const data = dataFolder(name);
      return new NodeProcess({
        name,
        addresses: addressesAt(addresses, i),
        dataFolder: data,
        logFile: join(folder, `${basename(data)}.log`),
        env: { INITIAL_CLUSTER: list, ...options.env },
        args,
        nodeArgs,
        wrapper,
      });
    });
    return new Cluster({ nodes, list, folder }, { temporary, peerLinks });
  }

  get endpoints(): string[] {
    return this.nodes.map(({ endpoint }) => endpoint);
  }

  node(name: string): NodeProcess {
    const node = this.nodes.find((one) => one.name === name);
    if (node !== undefined) return node;
    const names = this.nodes.map((one) => one.name).join(", ");
    throw new Error(`There is no node ${name}; there are ${names}.`);
  }

  /** The network between the nodes. */
  get links(): PeerLinks {
    if (this.peerLinks !== undefined) return this.peerLinks;
    throw new Error('These nodes talk directly; start them with network: "cuttable".');
  }

  /** Resolves when all nodes are. */
  async healthy(maxMs?: number): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.healthy(maxMs)));
  }

  /** The node that leads the group of all topics, once exactly one says so. */
  leader(maxMs = LEADER_MAX_MS): Promise<NodeProcess> {
    return until("exactly one node leads", maxMs, async () => {
      const told = await Promise.all(this.nodes.map((node) => node.health()));
      const leaders = this.nodes.filter((_, i) => told[i]?.is_leader === true);
      return leaders.length === 1 && leaders[0];
    });
  }

  /** Asks every node to end. How each ended, by name, also one that had ended before. */
  async stop(): Promise<Map<string, Exit>> {
    const started = this.nodes.filter(({ pid }) => pid !== 0);
    const ends = started.map(async (node) => [node.name, await node.stop()] as const);
    return new Map(await Promise.all(ends));
  }

  /** Ends everything at once and removes a folder that is its own. */
  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.peerLinks?.close();
    this.temporary?.remove();
  }
}

interface Owned {
  readonly temporary: TemporaryFolder | undefined;
  readonly peerLinks: PeerLinks | undefined;
}

function namesOf(nodes: number | readonly string[]): readonly string[] {
  return typeof nodes === "number" ? Array.from({ length: nodes }, (_, i) => `n${i + 1}`) : nodes;
}

function addressesAt(addresses: readonly NodeAddresses[], i: number): NodeAddresses {
  const found = addresses[i];
  if (found !== undefined) return found;
  throw new Error(`There are ${addresses.length} addresses for more nodes; give one for each.`);
}
