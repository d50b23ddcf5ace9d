// Data directories that are not this node's to use.

import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cluster, freeAddresses, type NodeProcess, until } from "@disheap/harness";
import type { HardeningCase } from "../case.js";
import { expect } from "../expect.js";
import { Ledger } from "../ledger.js";
import type { World } from "../world.js";

/** The node must refuse to start: exit code 1, and last a sentence that says `what`. */
export async function refuses(node: NodeProcess, what: RegExp): Promise<string> {
  const { code, signal } = await node.start().ended(15_000);
  const words = node.lastWords();
  expect(code === 1, `exit code ${String(code)} ${String(signal)}, not 1: ${words}`);
  expect(what.test(words), `the reason is not said (${String(what)}): ${words}`);
  expect(!words.includes("A bug stopped this node"), `not a clear refusal: ${words}`);
  return words;
}

/** A one-node cluster that ran, holds messages, and stopped. */
async function usedNode(world: World): Promise<{ node: NodeProcess; ledger: Ledger }> {
  const node = await world.running();
  const api = world.api(node);
  const ledger = new Ledger("t");
  await api.makeTopic("t");
  await ledger.add(api, 20);
  return { node, ledger };
}

const otherCluster: HardeningCase = {
  name: "identity.other-cluster",
  does: "a node starts on the data directory of another cluster",
  expects: "exit code 1 with a sentence that names both; the directory still serves its own node",
  lane: "own",
  maxMs: 60_000,
  run: async (world) => {
    const { node, ledger } = await usedNode(world);
    await node.stop();
    const addresses = await freeAddresses();
    const other = await world.single("data", { addresses, name: "n2" });
    await refuses(other, /belongs to a member of cluster \w+ \(n1\), and this node is called n2/);
    await node.start().healthy();
    await ledger.check(world.api(node));
    return "refused, and unchanged";
  },
};

const secondProcess: HardeningCase = {
  name: "identity.second-process",
  does: "a second process starts on the data directory of a running node",
  expects: "exit code 1 with a sentence; the first goes on",
  lane: "own",
  isQuick: true,
  maxMs: 60_000,
  run: async (world) => {
    const { node, ledger } = await usedNode(world);
    const { grpc, http, metrics } = await freeAddresses();
    // The same cluster id needs the same peer address; the gRPC door opens first, so it is not reached.
    const addresses = { ...node.addresses, grpc, http, metrics };
    const env = { RAFT_ADVERTISE: node.addresses.raft, RAFT_BIND: (await freeAddresses()).raft };
    const second = await world.single("data", { addresses, env });
    await refuses(second, /already in use by another process/);
    await ledger.add(world.api(node), 5);
    await ledger.check(world.api(node));
    return "refused; the first node served all the while";
  },
};

const brokenIdentity: HardeningCase = {
  name: "identity.broken",
  does: "identity file damaged, missing, from the future; store missing; data path is a file",
  expects: "exit code 1, each with its sentence",
  lane: "own",
  maxMs: 60_000,
  run: async (world) => {
    const { node, ledger } = await usedNode(world);
    await node.stop();
    const folder = node.dataFolder;
    const identity = join(folder, "identity.json");
    const aside = `${identity}.aside`;
    renameSync(identity, aside);
    await refuses(node, /its identity file .* is missing/);
    for (const text of ["", "{", "[]", "null"]) {
      writeFileSync(identity, text);
      await refuses(node, /identity file .* cannot be read/);
    }
    writeFileSync(identity, '{"format":"disheap-identity","version":99}');
    await refuses(node, /identity file .* was written by another version of Disheap/);
    rmSync(identity);
    renameSync(aside, identity);
    renameSync(join(folder, "store"), join(folder, "store.aside"));
    await refuses(node, /the store was deleted or the disk exchanged/);
    mkdirSync(join(folder, "store"));
    await refuses(node, /the store was deleted or the disk exchanged/);
    rmSync(join(folder, "store"), { recursive: true });
    renameSync(join(folder, "store.aside"), join(folder, "store"));
    await node.start().healthy();
    await ledger.check(world.api(node));
    const file = join(world.folder, "a-file");
    writeFileSync(file, "not a directory");
    await refuses(await world.single("a-file"), /cannot be used/);
    return "nine refusals, and healthy after the repair";
  },
};

/** Three nodes that formed a cluster and hold messages. */
async function three(world: World): Promise<{ cluster: Cluster; ledger: Ledger }> {
  const cluster = await world.place({ nodes: 3 });
  for (const node of cluster.nodes) node.start();
  for (const node of cluster.nodes) await node.healthy();
  const api = world.api(cluster.node("n1"));
  const ledger = new Ledger("t");
  await api.makeTopic("t");
  await ledger.add(api, 20);
  return { cluster, ledger };
}

const emptied: HardeningCase = {
  name: "identity.emptied",
  does: "n2 holds the only other copy of what n1 acknowledged; both die, and n2's folder is emptied",
  expects: "n2 does not vote for n3, who lacks it: it ends with a sentence, and nothing is lost",
  lane: "own",
  maxMs: 90_000,
  run: async (world) => {
    const { cluster, ledger } = await three(world);
    const [n1, n2, n3] = [cluster.node("n1"), cluster.node("n2"), cluster.node("n3")];
    await n3.stop();
    await ledger.add(world.api(n1), 10);
    for (const node of [n2, n1]) await node.kill();
    rmSync(n2.dataFolder, { recursive: true });
    n3.start();
    await refuses(n2, /was emptied or exchanged, so it has forgotten its votes .* Put the old/);
    await n1.start().healthy();
    await ledger.insist(world.api(n1), 3, 25_000);
    await ledger.check(world.api(n1));
    return "refused; n1 and n3 hold every message";
  },
};

const copied: HardeningCase = {
  name: "identity.copied",
  does: "a second n1 starts on a copy of the folder of the first one, which runs on",
  expects: "the second ends with a sentence; the first serves all the while",
  lane: "own",
  maxMs: 90_000,
  run: async (world) => {
    const { cluster, ledger } = await three(world);
    const n1 = cluster.node("n1");
    cpSync(n1.dataFolder, join(world.folder, "copy"), { recursive: true });
    const addresses = await freeAddresses();
    const env = { SINGLE_NODE: "", INITIAL_CLUSTER: cluster.list };
    const second = await world.single("copy", { name: "n1", addresses, env });
    await refuses(second, /n1 runs already: .* Stop it first/);
    await ledger.add(world.api(n1), 20);
    await ledger.check(world.api(n1));
    return "refused; the first went on";
  },
};

const foreign: HardeningCase = {
  name: "identity.foreign-disk",
  does: "n3 starts with the data directory that a member of the same name has in another cluster",
  expects:
    "it stays out; its /health, and what the others show, name it and say what to do; they serve",
  lane: "own",
  maxMs: 120_000,
  run: async (world) => {
    const { cluster, ledger } = await three(world);
    const stopAll = () => Promise.all(cluster.nodes.map((node) => node.stop()));
    await stopAll();
    const asideOf = (node: NodeProcess): string => `${node.dataFolder}.first`;
    for (const node of cluster.nodes) renameSync(node.dataFolder, asideOf(node));
    for (const node of cluster.nodes) node.start();
    for (const node of cluster.nodes) await node.healthy();
    await stopAll();
    const [n1, n2, n3] = [cluster.node("n1"), cluster.node("n2"), cluster.node("n3")];
    for (const node of [n1, n2]) {
      node.empty();
      renameSync(asideOf(node), node.dataFolder);
    }
    for (const node of cluster.nodes) node.start();
    await n1.healthy();
    const words =
      /n3 belongs to cluster \w+, n1 to cluster \w+\. Start each node with the data directory/;
    await until("n3 says why it waits", 20_000, async () => {
      const health = await n3.health();
      expect(health?.healthy !== true, "n3 is healthy in a cluster that is not its own");
      return words.test(health?.status ?? "");
    });
    const raft = await (await fetch(`${n1.http}/raft/status`)).text();
    expect(/this node refuses n3: n3 belongs to cluster/.test(raft), `n1 does not say so: ${raft}`);
    await ledger.add(world.api(n1), 5);
    await ledger.check(world.api(n1));
    return "kept out, and named by both sides; n1 and n2 serve";
  },
};

export const identityCases: readonly HardeningCase[] = [
  otherCluster,
  secondProcess,
  brokenIdentity,
  emptied,
  copied,
  foreign,
];
