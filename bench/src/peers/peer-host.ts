// Where a peer runs: a temporary folder, free ports of the loopback, processes that end with it.

import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import {
  type Env,
  freePorts,
  Program,
  temporaryFolder,
  type TemporaryFolder,
  until,
} from "@disheap/harness";
import type { ServerUsage } from "../cluster/cost.js";
import { familyOf, usageOfFamily } from "../cluster/proc-files.js";

export const LOOPBACK = "127.0.0.1";
/** A virtual machine of Erlang on a busy machine takes its time. */
const START_MAX_MS = 120_000;
const LAST_WORDS = 8;
const END_MAX_MS = 1_000;

export interface Start {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Env;
}

export class PeerHost {
  private readonly temporary: TemporaryFolder = temporaryFolder("disheap-bench-peer-");
  private readonly programs: Program[] = [];
  private readonly closers: (() => Promise<unknown>)[] = [];
  readonly progress: (text: string) => void;

  constructor(progress: (text: string) => void) {
    this.progress = progress;
  }

  get path(): string {
    return this.temporary.path;
  }

  folder(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  file(name: string, text: string, mode = 0o644): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  /** Gives a folder to a user of the system, so that a server that refuses root can use it. */
  give(folder: string, uid: number, gid: number): void {
    chmodSync(this.path, 0o755);
    chownSync(folder, uid, gid);
  }

  ports(count: number): Promise<number[]> {
    return freePorts(count);
  }

  /** Starts a server that is not ready yet. */
  start({ name, command, env }: Start): Program {
    const logFile = join(this.path, `${name}.log`);
    const program = new Program({ name, command, env: env ?? {}, logFile, leadsGroup: true });
    this.programs.push(program);
    return program.start();
  }

  /** Runs a command to its end. */
  async run(start: Start): Promise<void> {
    const program = this.start(start);
    const { code } = await program.ended(START_MAX_MS);
    this.programs.splice(this.programs.indexOf(program), 1);
    if (code !== 0) throw new Error(`${start.name} failed: ${program.lastWords(LAST_WORDS)}`);
  }

  /** Resolves once something takes connections there. */
  async listens(program: Program, port: number): Promise<void> {
    await until(`${program.name} listens`, START_MAX_MS, () => {
      if (program.isRunning) return takesConnections(port);
      throw new Error(`${program.name} ended: ${program.lastWords(LAST_WORDS)}`);
    });
  }

  /** Called before the servers end. */
  onClose(close: () => Promise<unknown>): void {
    this.closers.push(close);
  }

  /** Of the servers, each with the processes it started. */
  usage(): readonly ServerUsage[] {
    return this.programs.map(({ name, pid }) => usageOfFamily(name, pid));
  }

  async close(): Promise<void> {
    // A client that cannot say good-bye any more is none that matters.
    await Promise.allSettled(this.closers.map((close) => close()));
    await Promise.all(this.programs.map(endFamily));
    this.temporary.remove();
  }
}

/** Children first, and a moment for whoever started them to see it: else nobody waits for their ends. */
async function endFamily(program: Program): Promise<void> {
  const children = program.isRunning ? familyOf(program.pid).slice(1).reverse() : [];
  for (const pid of children) kill(pid);
  if (children.length > 0) await program.ended(END_MAX_MS).catch(() => undefined);
  await program.kill();
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
