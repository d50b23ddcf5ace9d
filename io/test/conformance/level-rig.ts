// The disk suite's rig for LevelDB: a temporary directory, real processes to kill.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { DiskEvent } from "../../src/ports.js";
import type { DiskProcess, DiskRig, WriterPlan } from "../../src/conformance/harness.js";
import { createLevelDisk } from "../../src/level/index.js";
import type { LevelDisk } from "../../src/level/index.js";

// The child process runs compiled code.
export const WRITER = fileURLToPath(
  new URL("../../dist/conformance/writer-process.js", import.meta.url),
);

export class LevelProcess implements DiskProcess {
  readonly events: DiskEvent[] = [];
  readonly port: LevelDisk;
  private waiting: (() => void)[] = [];

  constructor(directory: string, recordProblem?: (record: Uint8Array) => string | undefined) {
    this.port = createLevelDisk({
      directory,
      ...(recordProblem ? { recordProblem } : {}),
      push: (event) => {
        this.events.push(event);
        for (const wake of this.waiting.splice(0)) wake();
      },
    });
  }

  async completion(token: number): Promise<DiskEvent> {
    for (;;) {
      const event = this.events.find((found) => found.token === token);
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.port.release(resolve));
  }
}

export async function levelRig(): Promise<DiskRig> {
  const directory = await mkdtemp(join(tmpdir(), "disheap-level-"));
  const processes: LevelProcess[] = [];
  return {
    start: () => {
      const started = new LevelProcess(directory);
      processes.push(started);
      return started;
    },
    stop: (stopping) => (stopping as LevelProcess).stop(),
    settle: () => sleep(50),
    writeUntilKilled: (plan) => killedWriter(directory, plan),
    dispose: async () => {
      await Promise.all(processes.map((running) => running.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function killedWriter(directory: string, plan: WriterPlan): Promise<readonly number[]> {
  const { batches, syncEvery, window, killAfter } = plan;
  const args = [WRITER, directory, batches, syncEvery, window].map(String);
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<string | null>((resolve) => {
    child.on("exit", (_code, signal) => resolve(signal));
  });
  const seen: number[] = [];
  for await (const line of createInterface(child.stdout)) {
    seen.push(Number(line));
    if (seen.length === killAfter) child.kill("SIGKILL");
  }
  if ((await ended) !== "SIGKILL") throw new Error("the writer ended before it was killed");
  return seen;
}
