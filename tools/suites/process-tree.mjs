// A command and all that it starts, as one thing that can be ended. The command leads a session of its own,
// so a signal to the terminal's group does not reach it: whoever starts a tree must end it.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, MARK, membersOf } from "./processes.mjs";

/** After SIGTERM a suite has this long to take away what it made (folders, containers). */
const GRACE_MS = 15_000;
/** What still runs this long after the command has ended was left behind. */
const SETTLE_MS = 5_000;
const POLL_MS = 50;

export class ProcessTree {
  #child;
  #mark = randomUUID();
  #graceMs;
  /** Both pipes are read to their end. */
  #closed;
  #ending;
  /** Resolves when the command has ended, to its exit code, signal, or error of starting it. */
  ended;

  /**
   * @param {readonly string[]} command
   * @param {object} options
   * @param {string} options.cwd
   * @param {(line: string, isOut: boolean) => void} options.onLine
   * @param {number} [options.graceMs]
   */
  constructor([file, ...args], { cwd, onLine, graceMs = GRACE_MS }) {
    const marks = `${process.env[MARK] ?? ""} ${this.#mark}`;
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, [MARK]: marks },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#child = child;
    this.#graceMs = graceMs;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) =>
        onLine(line, stream === child.stdout),
      );
    }
    this.ended = new Promise((resolve) => {
      child.on("error", (error) => resolve({ code: null, signal: null, error }));
      child.on("exit", (code, signal) => resolve({ code, signal }));
    });
    this.#closed = new Promise((resolve) => {
      child.on("error", resolve);
      child.on("close", resolve);
    });
  }

  /**
   * After the command has ended: waits for the end of its output and of every process. Returns those that
   * it left behind and that had to be ended, in words.
   */
  async settle() {
    const isLeft = () => this.#ending === undefined && this.#members().length > 0;
    await until(() => !isLeft(), SETTLE_MS);
    const left = isLeft() ? this.#members().map(describe) : [];
    if (left.length > 0) void this.end();
    await this.#ending;
    await Promise.race([this.#closed, sleep(SETTLE_MS, undefined, { ref: false })]);
    return left;
  }

  /** Asks every process to end; after the grace they are ended. */
  end() {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end() {
    this.#signal("SIGTERM");
    if (await until(() => this.#members().length === 0, this.#graceMs)) return;
    // Again and again: a process may be born between the look and the signal.
    await until(() => {
      this.#signal("SIGKILL");
      return this.#members().length === 0;
    }, SETTLE_MS);
  }

  #members() {
    const { pid } = this.#child;
    return pid === undefined ? [] : membersOf(pid, this.#mark);
  }

  #signal(signal) {
    for (const pid of this.#members()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

/** Resolves to whether `isSo` came true in time. */
async function until(isSo, limitMs) {
  const lastMs = Date.now() + limitMs;
  while (!isSo()) {
    if (Date.now() > lastMs) return false;
    await sleep(POLL_MS);
  }
  return true;
}
