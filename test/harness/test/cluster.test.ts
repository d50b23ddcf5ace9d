// Real nodes: what a test may do to a cluster, and that it has the effect it is done for.

import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder, type TemporaryFolder } from "../src/cleanup.js";
import { Cluster, type ClusterOptions } from "../src/cluster.js";
import { askHealth } from "../src/health.js";
import type { NodeProcess } from "../src/node-process.js";
import { freeAddresses, holdPort, release } from "../src/ports.js";
import { Proxy } from "../src/proxy.js";
import { isAlive } from "../src/program.js";
import { until } from "../src/until.js";

/** Elections on a busy machine. */
const WAIT_MAX_MS = 30_000;
const ALONE = { SINGLE_NODE: "true", INITIAL_CLUSTER: undefined };

const clusters: Cluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.close();
});

async function start(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await Cluster.start(options);
  clusters.push(cluster);
  return cluster;
}

async function alone(options: ClusterOptions = {}): Promise<NodeProcess> {
  return (await start({ nodes: 1, env: ALONE, ...options })).node("n1");
}

/** The one of the others that leads now. */
function successorOf({ nodes }: Cluster, old: NodeProcess): Promise<NodeProcess> {
  return until("another node leads", WAIT_MAX_MS, async () => {
    for (const node of nodes) {
      if (node !== old && (await node.health())?.is_leader === true) return node;
    }
    return undefined;
  });
}

/** Of the group of all topics; it outlives a restart, and grows by it where a node is alone. */
async function termOf(node: NodeProcess): Promise<number> {
  return ((await (await fetch(`${node.http}/raft/status`)).json()) as { term: number }).term;
}

describe("three nodes", () => {
  it("start healthy, on ports that differ, and lose a leader that is killed or frozen", async () => {
    const cluster = await start();
    expect(cluster.nodes.map(({ name }) => name)).toEqual(["n1", "n2", "n3"]);
    const ports = cluster.nodes.flatMap(({ addresses }) => Object.values(addresses));
    expect(new Set(ports).size).toBe(12);
    expect(cluster.nodes.every(({ logFile }) => existsSync(logFile))).toBe(true);

    const first = await cluster.leader();
    await first.kill();
    const second = await successorOf(cluster, first);
    await first.start().healthy();

    second.freeze();
    expect([second.isRunning, await second.health()]).toEqual([true, undefined]);
    await successorOf(cluster, second);
    second.thaw();
    await cluster.healthy();

    const pids = cluster.nodes.map(({ pid }) => pid);
    const exits = [...(await cluster.stop()).values()];
    expect(exits).toEqual(Array(3).fill({ code: 0, signal: null }));
    await cluster.close();
    expect([pids.filter(isAlive), existsSync(cluster.folder)]).toEqual([[], false]);
  });

  it("can be cut off from each other, and healed", async () => {
    const cluster = await start({ network: "cuttable" });
    const { links } = cluster;
    const old = await cluster.leader();
    links.cut(old.name);
    const young = await successorOf(cluster, old);
    await until("the old leader knows that it is alone", WAIT_MAX_MS, async () => {
      return (await old.health())?.healthy === false;
    });
    const [third] = cluster.nodes.filter((node) => node !== old && node !== young);
    expect(links.link(old.name, young.name).connections).toBe(0);
    expect(links.link(young.name, third.name).connections).toBe(1);
    links.heal();
    await cluster.healthy();

    // Connections stay, and nothing comes through.
    const leader = await cluster.leader();
    links.freeze(leader.name);
    await successorOf(cluster, leader);
    links.heal();
    await cluster.healthy();

    links.cut("n1", "n3");
    const stateOf = (from: string, to: string) => links.link(from, to).state;
    expect([stateOf("n1", "n3"), stateOf("n3", "n1")]).toEqual(["cut", "cut"]);
    expect(links.of("n2").map(({ state }) => state)).toEqual(Array(4).fill("open"));
  });
});

describe("a node alone", () => {
  it("keeps its data over a restart, and begins anew with an emptied folder", async () => {
    const node = await alone();
    const [first, { pid }] = [await termOf(node), node];
    await node.restart();
    expect([await termOf(node), node.pid === pid]).toEqual([first + 1, false]);
    expect(() => node.empty()).toThrow("n1 runs; stop or kill it before you empty it.");
    await node.kill();
    node.empty();
    expect(existsSync(node.dataFolder)).toBe(false);
    await node.start().healthy();
    expect(await termOf(node)).toBe(first);
  });

  it("can be hidden behind a network of the client's own", async () => {
    const node = await alone();
    const network = await Proxy.listen(node.addresses.http);
    const far = `http://${network.address}`;
    expect(await askHealth(far)).toMatchObject({ healthy: true });
    network.freeze();
    expect([await askHealth(far), await node.isHealthy()]).toEqual([undefined, true]);
    network.open();
    expect(await askHealth(far)).toMatchObject({ healthy: true });
    await network.close();
  });
});

describe("a start", () => {
  let folder: TemporaryFolder;
  let elsewhere: string | undefined;
  beforeEach(() => {
    folder = temporaryFolder();
    elsewhere = process.env["TMPDIR"];
  });
  afterEach(() => {
    if (elsewhere === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = elsewhere;
    folder.remove();
  });

  it("tries other ports when one was taken meanwhile", async () => {
    const { server, port } = await holdPort();
    let tries = 0;
    const node = await alone({
      folder: folder.path,
      addresses: async () => {
        tries += 1;
        const addresses = await freeAddresses();
        return [tries < 3 ? { ...addresses, raft: `127.0.0.1:${port}` } : addresses];
      },
      wrapper: ["sh", "-c", 'mkdir -p "$STORAGE_PATH"; echo >>"$STORAGE_PATH/n"; exec "$@"', "sh"],
    });
    expect([tries, await node.isHealthy()]).toEqual([3, true]);
    // Neither data nor words of the tries that failed.
    expect(readFileSync(join(node.dataFolder, "n"), "utf8")).toBe("\n");
    expect(node.log()).not.toContain("cannot be opened");
    await release(server);
  });

  it("gives up after some tries, and names the port", async () => {
    const { server, port } = await holdPort();
    let tries = 0;
    const addresses = async () => {
      tries += 1;
      return [{ ...(await freeAddresses()), grpc: `127.0.0.1:${port}` }];
    };
    await expect(alone({ addresses })).rejects.toThrow(`127.0.0.1:${port} cannot be opened`);
    expect(tries).toBe(5);
    await release(server);
  });

  it("does not try again what was refused for another reason, and leaves no folder", async () => {
    process.env["TMPDIR"] = folder.path;
    const env = { ...ALONE, ENGINE_MAX_MESSAGE_SIZE: "lots" };
    let tries = 0;
    const addresses = async () => {
      tries += 1;
      return [await freeAddresses()];
    };
    const starting = alone({ env, addresses });
    await expect(starting).rejects.toThrow(
      /^n1 ended \(exit code 2\) before it was healthy. Its last words:[^]*MAX_MESSAGE_SIZE="lots"/,
    );
    expect([tries, readdirSync(folder.path)]).toEqual([1, []]);
  });

  it("that does not get healthy is an error with the end of the log", async () => {
    const cluster = await Cluster.place();
    clusters.push(cluster);
    const [one] = cluster.nodes;
    one.start();
    await until("it has logged something", 30_000, () => one.log().includes('"msg":'));
    await expect(one.healthy(300)).rejects.toThrow(
      /^Not within 300 ms: n1 is healthy. Its last words:[^]*"msg":/,
    );
    expect(one.isRunning).toBe(true);
  });

  it("keeps data where it is told to", async () => {
    const dataFolder = (name: string) => join(folder.path, "data", name);
    mkdirSync(join(folder.path, "logs"));
    const node = await alone({ folder: join(folder.path, "logs"), dataFolder });
    expect(readdirSync(dataFolder("n1"))).toContain("identity.json");
    expect(readdirSync(join(folder.path, "logs"))).toEqual(["n1.log"]);
    await node.stop();
    await clusters.splice(0)[0]?.close();
    expect(existsSync(dataFolder("n1"))).toBe(true);
  });

  it("says what is wrong with a name, or with nodes that cannot be cut", async () => {
    const cluster = await Cluster.place({ nodes: ["a", "b"] });
    clusters.push(cluster);
    expect(() => cluster.node("c")).toThrow("There is no node c; there are a, b.");
    expect(() => cluster.links).toThrow('start them with network: "cuttable"');
    const cuttable = await Cluster.place({ nodes: ["a", "b"], network: "cuttable" });
    clusters.push(cuttable);
    expect(() => cuttable.links.cut("c")).toThrow("There is no node c; there are a, b.");
    expect(() => cuttable.links.cut("a", "a")).toThrow("a has no link to itself.");
  });
});
