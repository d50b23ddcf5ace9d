// One node process under the supervisor: in its own process group, with its log in a file and a channel
// that tells it when the supervisor is gone.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A node that was asked to stop gets this long before it is killed. */
const STOP_MAX_MS = 10_000;
const LOG_BYTES_MAX = 16 * 1024 * 1024;

interface ChildSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
}

/** What a node says over its channel before it gives up. */
interface FatalMessage {
  readonly kind: "fatal";
  readonly message: string;
}

/** How a node ended that was not asked to. */
export interface ChildEnd {
  readonly reason: string;
  /** It said itself why it cannot go on, so another try would say the same. */
  readonly isRefusal: boolean;
}

export class NodeChild {
  readonly spec: ChildSpec;
  private readonly onExit: (end: ChildEnd) => void;
  private process: ChildProcess | undefined;
  private fatal: string | undefined;
  private isStopping = false;

  /** `onExit` is called when the process ended without being asked to. */
  constructor(spec: ChildSpec, onExit: (end: ChildEnd) => void) {
    this.spec = spec;
    this.onExit = onExit;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  start(): void {
    const [command = "", ...args] = this.spec.command;
    mkdirSync(dirname(this.spec.logFile), { recursive: true });
    rotate(this.spec.logFile);
    const log = openSync(this.spec.logFile, "a");
    this.fatal = undefined;
    const child = spawn(command, args, {
      env: this.spec.env,
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
    });
    closeSync(log);
    this.process = child;
    child.on("message", (message: FatalMessage) => {
      if (message.kind === "fatal") this.fatal = message.message;
    });
    child.on("error", (error) => {
      this.ended(child, `could not be started: ${error.message}`);
    });
    // "close" comes after the channel is drained, so a last word is not missed.
    child.on("close", (code, signal) => {
      this.ended(child, signal === null ? `exit code ${String(code)}` : `killed by ${signal}`);
    });
  }

  /** Asks the node to stop and waits; kills its whole group if it does not. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const child = this.process;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.kill();
      }, STOP_MAX_MS);
      child.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill("SIGTERM");
    });
  }

  kill(): void {
    const pid = this.process?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // The group is already gone.
    }
  }

  private ended(child: ChildProcess, how: string): void {
    if (this.process !== child) return;
    this.process = undefined;
    if (this.isStopping) return;
    this.onExit({ reason: this.fatal ?? how, isRefusal: this.fatal !== undefined });
  }
}

/** One older log is kept. */
function rotate(file: string): void {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
}
