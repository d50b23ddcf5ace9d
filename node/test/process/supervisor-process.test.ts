import { createServer } from "node:net";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { freeBase } from "../support/free-port.js";
import { Bench, isAlive, type Running, SUPERVISOR_MAIN, until } from "../support/processes.js";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.clean());

async function startThree(base: number): Promise<{ supervisor: Running; nodes: number[] }> {
  const supervisor = bench.run(SUPERVISOR_MAIN, ["--port-base", String(base)], {}, true);
  await until(() => supervisor.output().includes("Ctrl-C"));
  const folder = join(bench.folder, "data", `ports-${base}`);
  return { supervisor, nodes: ["n1", "n2", "n3"].map((name) => pidOf(folder, name)) };
}

/** Of the process that wrote the newest log lines of a node. */
function pidOf(folder: string, name: string): number {
  const lines = readFileSync(join(folder, `${name}.log`), "utf8")
    .trim()
    .split("\n");
  const starts = lines.map((line) => JSON.parse(line)).filter((line) => line.pid !== undefined);
  return starts.at(-1).pid;
}

it("brings up three nodes, restarts a killed one, and Ctrl-C leaves nothing", async () => {
  const base = await freeBase();
  const { supervisor, nodes } = await startThree(base);
  expect(supervisor.output()).toContain(`127.0.0.1:${base + 4}`);
  const [first = 0] = nodes;
  process.kill(first, "SIGKILL");
  await until(() => supervisor.output().includes("n1 is back: process "));
  expect(supervisor.output()).toContain("n1 ended (killed by SIGKILL)");
  const again = pidOf(join(bench.folder, "data", `ports-${base}`), "n1");
  expect(again).not.toBe(first);
  // As a terminal does it: to the whole group, which the nodes are not part of.
  process.kill(-(supervisor.child.pid ?? 0), "SIGINT");
  expect(await supervisor.exit).toEqual({ code: 0, signal: null });
  expect([...nodes, again].filter(isAlive)).toEqual([]);
});

it("takes its nodes along when it is killed", async () => {
  const { supervisor, nodes } = await startThree(await freeBase());
  expect(nodes.filter(isAlive)).toEqual(nodes);
  supervisor.child.kill("SIGKILL");
  await supervisor.exit;
  await until(() => nodes.every((pid) => !isAlive(pid)));
});

it("names a port in use and leaves nothing behind", async () => {
  const base = await freeBase();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(base + 201, "127.0.0.1", resolve));
  const { exit, output } = bench.run(SUPERVISOR_MAIN, ["--port-base", String(base)]);
  expect(await exit).toEqual({ code: 1, signal: null });
  expect(output()).toContain(`Port ${base + 201} (peers of n2) is already in use.`);
  expect(existsSync(join(bench.folder, "data"))).toBe(false);
  await new Promise((resolve) => other.close(resolve));
});

it("refuses bad flags with 2", async () => {
  const { exit, output } = bench.run(SUPERVISOR_MAIN, ["--nodes", "none"]);
  expect(await exit).toEqual({ code: 2, signal: null });
  expect(output()).toContain('--nodes="none" cannot be used');
});

it("serves with two nodes when the third one's store is damaged, and says what to do", async () => {
  const base = await freeBase();
  const { supervisor } = await startThree(base);
  process.kill(-(supervisor.child.pid ?? 0), "SIGINT");
  await supervisor.exit;
  const store = join(bench.folder, "data", `ports-${base}`, "n3", "store");
  const [log = ""] = readdirSync(store).filter((name) => name.endsWith(".log"));
  const bytes = readFileSync(join(store, log));
  const middle = Math.floor(bytes.length / 3);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  writeFileSync(join(store, log), bytes);
  const again = bench.run(SUPERVISOR_MAIN, ["--port-base", String(base)], {}, true);
  await until(() => again.output().includes("Ctrl-C"));
  expect(again.output()).toContain("2 of 3 nodes");
  expect(again.output()).toMatch(/n3 does not run: The data directory .* is damaged: /);
  expect(again.output()).toContain("npm start -- --data DIR");
  const health = await fetch(`http://127.0.0.1:${base + 100}/health`);
  expect(await health.json()).toMatchObject({ healthy: true });
  process.kill(-(again.child.pid ?? 0), "SIGINT");
  expect(await again.exit).toEqual({ code: 0, signal: null });
});
