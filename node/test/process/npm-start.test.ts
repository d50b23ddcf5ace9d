// `npm start` as a whole: npm, the runner, the supervisor, the nodes. Whoever of them is ended, and however,
// nothing stays behind; and `disheap down` ends what nobody holds in a terminal.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive, until } from "@disheap/harness";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type PidFile, readPidFile } from "../../src/supervisor/pid-file.js";
import { Cli } from "../cli/support/cli.js";
import { freeBase } from "../support/free-base.js";

// A build may come first, on a machine that has other work.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const WAIT_MAX_MS = 150_000;
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

let folder: string;
let npm: ChildProcess;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-npm-start-"));
});

afterEach(async () => {
  if (npm.pid !== undefined) for (const pid of below(npm.pid)) kill(pid, "SIGKILL");
  kill(npm.pid ?? 0, "SIGKILL");
  await new Cli().run("down", "--data", folder);
  rmSync(folder, { recursive: true, force: true });
});

async function npmStart(): Promise<void> {
  const args = ["start", "--", "--port-base", String(await freeBase()), "--data", folder];
  const env = { ...process.env, npm_lifecycle_event: undefined, INIT_CWD: undefined };
  npm = spawn("npm", args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  printed = "";
  npm.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  npm.stderr?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
}

async function up(): Promise<PidFile> {
  await npmStart();
  await until("npm start says that it is up", WAIT_MAX_MS, () => printed.includes("Ctrl-C"));
  const file = readPidFile(folder);
  if (file === undefined) throw new Error("it has not written down who runs");
  return file;
}

/** All processes below one, nearest first. */
function below(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    const children = text.trim().split(" ").filter(Boolean).map(Number);
    return [...children, ...children.flatMap(below)];
  } catch {
    return [];
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

it.each([
  ["npm", "SIGINT"],
  ["npm", "SIGTERM"],
  ["npm", "SIGKILL"],
  ["the runner", "SIGKILL"],
  ["the supervisor", "SIGKILL"],
] as const)("nothing stays behind when only %s gets %s", async (who, signal) => {
  const { supervisor, nodes } = await up();
  const all = [npm.pid ?? 0, ...below(npm.pid ?? 0)];
  for (const { pid } of [supervisor, ...Object.values(nodes)]) expect(all).toContain(pid);
  const runner = all[all.indexOf(supervisor.pid) - 1] ?? 0;
  const target = { npm: npm.pid ?? 0, "the runner": runner, "the supervisor": supervisor.pid };
  process.kill(target[who], signal);
  await until("all have ended", WAIT_MAX_MS, () => !all.some(isAlive));
});

it.each(["SIGTERM", "SIGKILL"] as const)(
  "nothing is started any more when npm got %s while it was built",
  async (signal) => {
    await npmStart();
    let chain: number[] = [];
    await until("npm has started something", WAIT_MAX_MS, () => {
      chain = below(npm.pid ?? 0);
      return chain.length > 1;
    });
    process.kill(npm.pid ?? 0, signal);
    await until("all have ended", WAIT_MAX_MS, () => !chain.some(isAlive));
    expect(printed).not.toContain("Disheap is up");
    expect(readPidFile(folder)).toBeUndefined();
  },
);

it("disheap down stops it, and says when there is nothing to stop", async () => {
  const { supervisor, nodes } = await up();
  const { code, out } = await new Cli().run("down", "--data", folder);
  expect([code, out]).toEqual([0, `Stopped what ran in ${folder}: 4 processes.\n`]);
  expect([supervisor, ...Object.values(nodes)].filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect((await new Cli().run("down", "--data", folder)).out).toBe(`Nothing runs in ${folder}.\n`);
});

it("disheap down ends a node that was frozen when its supervisor was killed", async () => {
  const { supervisor, nodes } = await up();
  const frozen = nodes["n2"]?.pid ?? 0;
  process.kill(frozen, "SIGSTOP");
  process.kill(supervisor.pid, "SIGKILL");
  await until("the others have ended", WAIT_MAX_MS, () =>
    Object.values(nodes).every(({ pid }) => pid === frozen || !isAlive(pid)),
  );
  const { out } = await new Cli().run("down", "--data", folder);
  expect(out).toContain("1 process, 1 of which had to be killed.");
  await until("the frozen one has ended", WAIT_MAX_MS, () => !isAlive(frozen));
});
