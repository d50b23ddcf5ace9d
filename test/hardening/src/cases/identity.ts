// Data directories that are not this node's to use.

import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freeAddresses, type NodeProcess } from "@disheap/harness";
import { expect, type HardeningCase } from "../case.js";
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
    const other = await world.single("data", { addresses });
    await refuses(other, /belongs to cluster \w+, but this node was started for cluster \w+/);
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

export const identityCases: readonly HardeningCase[] = [
  otherCluster,
  secondProcess,
  brokenIdentity,
];
