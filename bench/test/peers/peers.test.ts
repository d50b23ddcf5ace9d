import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isAlive } from "@disheap/harness";
import { familyOf } from "../../src/cluster/proc-files.js";
import { PEERS } from "../../src/peers/index.js";
import { installLibraries, PEERS_FOLDER } from "../../src/peers/libraries.js";
import { natsSettings, syncsAlways } from "../../src/peers/nats-settings.js";
import { PeerHost } from "../../src/peers/peer-host.js";

interface Package {
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}
const parse = (file: string): Package => JSON.parse(readFileSync(file, "utf8")) as Package;
const root = join(PEERS_FOLDER, "..", "..");

it("each peer says what it does not do, and by which program it is brought", () => {
  for (const { name, doesNot, programs } of PEERS) {
    expect(doesNot.length, name).toBeGreaterThan(0);
    expect(programs.length, name).toBeGreaterThan(0);
  }
  expect(new Set(PEERS.map(({ name }) => name)).size).toBe(PEERS.length);
});

it("the peers' clients are pinned in a package of their own, of which the product knows nothing", () => {
  const { dependencies = {} } = parse(join(PEERS_FOLDER, "package.json"));
  const needed = PEERS.flatMap(({ library }) => library ?? []);
  expect(new Set(needed)).toEqual(new Set(Object.keys(dependencies)));
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(parse(join(root, "package.json")).workspaces).not.toContain("bench/peers");
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  for (const name of needed) expect(lock).not.toContain(`"node_modules/${name}"`);
});

it("says in a sentence that the clients cannot be installed, after it said that it tries", () => {
  const folder = mkdtempSync(join(tmpdir(), "disheap-peers-"));
  const said: string[] = [];
  // There is nothing here to install.
  expect(installLibraries(folder, (text) => said.push(text))).toContain("could not be installed");
  expect(said).toHaveLength(1);
  rmSync(folder, { recursive: true });
});

it("knows from which version on NATS can sync at every write", () => {
  const texts = ["v2.9.10", "v2.10.0", "v2.14.3", "v3.0.1", "v1.20.0"];
  const known = texts.map((version) => syncsAlways(`nats-server: ${version}`));
  expect(known).toEqual([false, true, true, true, false]);
  expect(syncsAlways("")).toBe(false);
});

it("gives a NATS server its own port of the cluster, and all of them as routes", () => {
  const server = { name: "nats2", port: 1, clusterPorts: [7, 8, 9], self: 1, storeFolder: "s" };
  const text = natsSettings({ ...server, isSynced: true });
  expect(text).toContain('listen: "127.0.0.1:8"');
  expect(text.match(/nats:\/\/127\.0\.0\.1:[789]"/g)).toHaveLength(3);
  expect(text).toContain("sync_interval: always");
  expect(natsSettings({ ...server, isSynced: false })).not.toContain("sync_interval");
});

it("a host ends its servers with all they started, and takes its folder away", async () => {
  const host = new PeerHost(() => undefined);
  const [port = 0] = await host.ports(1);
  const listen = `require("net").createServer().listen(${port}, "127.0.0.1")`;
  // A shell that waits, as some servers are started.
  const command = ["sh", "-c", `"$0" -e '${listen}' & wait`, process.execPath];
  const program = host.start({ name: "server", command });
  await host.listens(program, port);
  const family = familyOf(program.pid);
  expect(family).toHaveLength(2);
  expect(host.usage().map(({ name, cpuMs }) => [name, cpuMs > 0])).toEqual([["server", true]]);
  const closed: string[] = [];
  host.onClose(() => {
    closed.push(isAlive(program.pid) ? "before" : "after");
    return Promise.reject(new Error("the client is gone"));
  });
  await host.close();
  expect(closed).toEqual(["before"]);
  expect(family.some(isAlive)).toBe(false);
  expect(existsSync(host.path)).toBe(false);
});

it("a server that ends before it listens is an error with its last words", async () => {
  const host = new PeerHost(() => undefined);
  const [port = 0] = await host.ports(1);
  const program = host.start({ name: "server", command: ["sh", "-c", "echo no licence; exit 3"] });
  await expect(host.listens(program, port)).rejects.toThrow("no licence");
  await expect(host.run({ name: "init", command: ["sh", "-c", "exit 1"] })).rejects.toThrow("init");
  await host.close();
});
