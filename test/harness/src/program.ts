// One process under test: started, watched, frozen, ended, started again. What it prints, on both streams,
// goes to its log file, over all its starts. It has a channel to this process, as a node under the
// supervisor has, and is killed when this process ends.

import { type ChildProcess, spawn } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { killAtEnd } from "./cleanup.js";
import { type Env, mergeEnv, plainEnv } from "./env.js";
import { within } from "./until.js";

/** A node gives itself 8 s. */
const STOP_MAX_MS = 12_000;
const LAST_LINES = 3;

export interface ProgramSpec {
  readonly name: string;
  readonly command: readonly string[];
  /** Beside what every process needs of the machine. */
  readonly env?: Env;
  readonly logFile: string;
  /** The folder of the log file when not said. */
  readonly cwd?: string;
  /** It leads a process group of its own, as a program in a terminal does. */
  readonly leadsGroup?: boolean;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Resources {
  readonly rssMb: number;
  /** Open files and connections. */
  readonly handles: number;
}

/** One start. */
interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  isFrozen: boolean;
}

export class Program {
  readonly name: string;
  readonly logFile: string;
  private readonly spec: ProgramSpec;
  private readonly listeners: ((message: unknown) => void)[] = [];
  private run: Run | undefined;

  constructor(spec: ProgramSpec) {
    this.spec = spec;
    this.name = spec.name;
    this.logFile = spec.logFile;
  }

  /** 0 before the first start. */
  get pid(): number {
    return this.run?.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.run !== undefined && this.run.exit === undefined;
  }

  /** `env` is for this start only. */
  start(env: Env = {}): this {
    if (this.isRunning) throw new Error(`${this.name} runs already; stop or kill it first.`);
    const { command, cwd, leadsGroup = false } = this.spec;
    const [file = "", ...args] = command;
    mkdirSync(dirname(this.logFile), { recursive: true });
    const log = openSync(this.logFile, "a");
    const child = spawn(file, args, {
      env: mergeEnv(plainEnv(), this.spec.env ?? {}, env),
      cwd: cwd ?? dirname(this.logFile),
      stdio: ["ignore", log, log, "ipc"],
      detached: leadsGroup,
    });
    closeSync(log);
    this.run = this.watch(child, leadsGroup);
    return this;
  }

  /** How the newest process ended, when it has. */
  get exit(): Exit | undefined {
    return this.run?.exit;
  }

  /** How it ends; an error when it does not end in time. */
  async ended(maxMs: number): Promise<Exit> {
    const { run } = this;
    if (run === undefined) throw new Error(`${this.name} was never started.`);
    return within(`${this.name} (last lines of its log: ${this.lastWords()})`, maxMs, run.exited);
  }

  signal(name: NodeJS.Signals): void {
    this.run?.child.kill(name);
  }

  /** It stands still, as a process that gets no processor: connections stay open, nothing answers. */
  freeze(): void {
    this.mustRun("freeze").isFrozen = true;
    this.signal("SIGSTOP");
  }

  thaw(): void {
    this.mustRun("thaw").isFrozen = false;
    this.signal("SIGCONT");
  }

  /** As a power cut ends it; resolves when it is gone. Nothing happens to one that does not run. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.run?.exited;
  }

  /** Asks it to end, and waits for that. */
  async stop(maxMs = STOP_MAX_MS): Promise<Exit> {
    this.signal("SIGTERM");
    // A frozen process does not hear.
    if (this.run?.isFrozen === true && this.isRunning) this.thaw();
    return this.ended(maxMs);
  }

  /** Called with each message over the channel, of every start. */
  onMessage(listener: (message: unknown) => void): void {
    this.listeners.push(listener);
  }

  send(message: object): void {
    this.mustRun("send something to").child.send(message);
  }

  /** Breaks the channel, as it breaks when this process dies. */
  disconnect(): void {
    this.mustRun("disconnect").child.disconnect();
  }

  /** All it printed, over all starts. */
  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  lastWords(lines = LAST_LINES): string {
    return this.log().trimEnd().split("\n").slice(-lines).join("\n    ");
  }

  /** What it uses now; undefined where the system does not tell. */
  resources(): Resources | undefined {
    const folder = `/proc/${this.pid}`;
    if (!existsSync(folder)) return undefined;
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`${folder}/status`, "utf8"))?.[1];
    return {
      rssMb: Math.round(Number(rss ?? 0) / 1024),
      handles: readdirSync(`${folder}/fd`).length,
    };
  }

  private mustRun(what: string): Run {
    const { run } = this;
    if (run !== undefined && run.exit === undefined) return run;
    throw new Error(`${this.name} does not run, so you cannot ${what} it; start it first.`);
  }

  private watch(child: ChildProcess, leadsGroup: boolean): Run {
    let settle: (exit: Exit) => void = () => undefined;
    const exited = new Promise<Exit>((resolve) => {
      settle = resolve;
    });
    const run: Run = { child, exited, exit: undefined, isFrozen: false };
    const forget = killAtEnd(() => {
      killNow(child, leadsGroup);
    });
    const end = (exit: Exit): void => {
      forget();
      run.exit ??= exit;
      settle(run.exit);
    };
    child.on("exit", (code, signal) => {
      end({ code, signal });
    });
    // It could not be started, or a message came too late for it.
    child.on("error", (error) => {
      if (child.pid !== undefined) return;
      appendFileSync(this.logFile, `${this.name} could not be started: ${error.message}\n`);
      end({ code: null, signal: null });
    });
    child.on("message", (message) => {
      for (const listener of this.listeners) listener(message);
    });
    return run;
  }
}

function killNow(child: ChildProcess, leadsGroup: boolean): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    process.kill(leadsGroup ? -pid : pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** Whether any process has this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
