// Real processes of the built node, for tests of what only a process can show: exit codes, signals,
// what is left behind. `npm test` builds before it runs these.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
export const NODE_MAIN = join(DIST, "main.js");
export const SUPERVISOR_MAIN = join(DIST, "supervisor/main.js");

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
  /** Everything it printed so far, both streams. */
  output(): string;
}

/** A temporary folder and the processes of one test; `clean` ends and removes what is left of them. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "disheap-node-test-"));
  private readonly running: Running[] = [];

  run(
    file: string,
    args: readonly string[],
    env: Record<string, string> = {},
    detached = false,
  ): Running {
    const child = spawn(process.execPath, [file, ...args], {
      cwd: this.folder,
      env: { ...process.env, npm_lifecycle_event: undefined, ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached,
    });
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (text += chunk.toString()));
    // Not "close": it does not come when the test itself has broken the channel.
    const ended = [child.stdout, child.stderr].map(
      (stream) => new Promise((resolve) => stream?.on("close", resolve)),
    );
    const exit = new Promise<Exit>((resolve) => {
      child.on("exit", (code, signal) => {
        void Promise.all(ended).then(() => resolve({ code, signal }));
      });
    });
    const running = { child, exit, output: () => text };
    this.running.push(running);
    return running;
  }

  async clean(): Promise<void> {
    for (const { child, exit } of this.running) {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exit;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

export async function isHealthy(httpPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${httpPort}/health`)).status === 200;
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
