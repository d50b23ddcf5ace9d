import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, Program, temporaryFolder, type TemporaryFolder, until } from "@disheap/harness";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Cli } from "../cli/support/cli.js";
import { freeBase } from "../support/free-base.js";

const SUPERVISOR_MAIN = fileURLToPath(new URL("../../dist/supervisor/main.js", import.meta.url));
/** The start of three nodes on a busy machine. */
const WAIT_MAX_MS = 50_000;
const STOPPED = { code: 0, signal: null };

let folder: TemporaryFolder;
const started: Program[] = [];
beforeEach(() => {
  folder = temporaryFolder("disheap-node-test-");
});
afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
  folder.remove();
});

function supervise(...args: string[]): Program {
  const program = new Program({
    name: "the supervisor",
    command: [process.execPath, SUPERVISOR_MAIN, ...args],
    cwd: folder.path,
    logFile: join(folder.path, `supervisor-${started.length}.log`),
    leadsGroup: true,
  });
  started.push(program);
  return program.start();
}

/** As a terminal does it: to the whole group, which the nodes are not part of. */
function pressCtrlC(supervisor: Program): void {
  process.kill(-supervisor.pid, "SIGINT");
}

async function startThree(base: number): Promise<{ supervisor: Program; nodes: number[] }> {
  const supervisor = supervise("--port-base", String(base));
  await says(supervisor, "Ctrl-C");
  return { supervisor, nodes: ["n1", "n2", "n3"].map((name) => pidOf(dataOf(base), name)) };
}

function says(supervisor: Program, text: string): Promise<boolean> {
  const what = `the supervisor says "${text}"`;
  return until(what, WAIT_MAX_MS, () => supervisor.log().includes(text));
}

function dataOf(base: number): string {
  return join(folder.path, "data", `ports-${base}`);
}

/** Of the process that wrote the newest log lines of a node. */
function pidOf(data: string, name: string): number {
  const lines = readFileSync(join(data, `${name}.log`), "utf8")
    .trim()
    .split("\n");
  const starts = lines.map((line) => JSON.parse(line)).filter((line) => line.pid !== undefined);
  return starts.at(-1).pid;
}

it("brings up three nodes, restarts a killed one, and Ctrl-C leaves nothing", async () => {
  const base = await freeBase();
  const { supervisor, nodes } = await startThree(base);
  expect(supervisor.log()).toContain(`127.0.0.1:${base + 4}`);
  const [first = 0] = nodes;
  process.kill(first, "SIGKILL");
  await says(supervisor, "n1 is back: process ");
  expect(supervisor.log()).toContain("n1 ended (killed by SIGKILL)");
  const again = pidOf(dataOf(base), "n1");
  expect(again).not.toBe(first);
  pressCtrlC(supervisor);
  expect(await supervisor.ended(WAIT_MAX_MS)).toEqual(STOPPED);
  expect([...nodes, again].filter(isAlive)).toEqual([]);
});

it("takes its nodes along when it is killed", async () => {
  const { supervisor, nodes } = await startThree(await freeBase());
  expect(nodes.filter(isAlive)).toEqual(nodes);
  await supervisor.kill();
  await until("no node is left", WAIT_MAX_MS, () => !nodes.some(isAlive));
});

it("disheap down in the folder above ends what runs in it for other ports", async () => {
  const base = await freeBase();
  const { supervisor, nodes } = await startThree(base);
  const { code, out } = await new Cli().run("down", "--data", join(folder.path, "data"));
  expect([code, out]).toEqual([0, `Stopped what ran in ${dataOf(base)}: 4 processes.\n`]);
  expect((await supervisor.ended(WAIT_MAX_MS)).signal).toBeNull();
  expect(nodes.filter(isAlive)).toEqual([]);
});

it("names a port in use and leaves nothing behind", async () => {
  const base = await freeBase();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(base + 201, "127.0.0.1", resolve));
  const supervisor = supervise("--port-base", String(base));
  expect(await supervisor.ended(WAIT_MAX_MS)).toEqual({ code: 1, signal: null });
  expect(supervisor.log()).toContain(`Port ${base + 201} (peers of n2) is already in use.`);
  expect(existsSync(join(folder.path, "data"))).toBe(false);
  await new Promise((resolve) => other.close(resolve));
});

it("refuses bad flags with 2", async () => {
  const supervisor = supervise("--nodes", "none");
  expect(await supervisor.ended(WAIT_MAX_MS)).toEqual({ code: 2, signal: null });
  expect(supervisor.log()).toContain('--nodes="none" cannot be used');
});

/** Starts again what was stopped: two of the three serve, and the supervisor says why the third does not. */
async function servesWithout(base: number, words: RegExp): Promise<Program> {
  const again = supervise("--port-base", String(base));
  await says(again, "Ctrl-C");
  expect(again.log()).toContain("2 of 3 nodes");
  expect(again.log()).toMatch(words);
  const health = await fetch(`http://127.0.0.1:${base + 100}/health`);
  expect(await health.json()).toMatchObject({ healthy: true });
  pressCtrlC(again);
  expect(await again.ended(WAIT_MAX_MS)).toEqual(STOPPED);
  return again;
}

it("serves with two nodes when the third one's store is damaged, and says what to do", async () => {
  const base = await freeBase();
  const { supervisor } = await startThree(base);
  pressCtrlC(supervisor);
  await supervisor.ended(WAIT_MAX_MS);
  const store = join(dataOf(base), "n3", "store");
  const [log = ""] = readdirSync(store).filter((name) => name.endsWith(".log"));
  const bytes = readFileSync(join(store, log));
  const middle = Math.floor(bytes.length / 3);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  writeFileSync(join(store, log), bytes);
  const again = await servesWithout(base, /n3 does not run: The data directory .* is damaged: /);
  expect(again.log()).toContain("npm start -- --data DIR");
});

it("serves with two nodes when the third one's folder was emptied, and says why", async () => {
  const base = await freeBase();
  const { supervisor } = await startThree(base);
  pressCtrlC(supervisor);
  await supervisor.ended(WAIT_MAX_MS);
  rmSync(join(dataOf(base), "n3"), { recursive: true });
  await servesWithout(base, /n3 does not run: .* was emptied or exchanged, .* must not vote again/);
});
