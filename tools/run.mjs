// `node tools/run.mjs FILE ARGS...`: builds, stops on a compile error, then becomes FILE. What it started
// never outlives it: signals are passed on, and the loss of whoever started us counts as one.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./rooms.mjs";

const pollMs = 500;
const chainMax = 8;
/** Ends of those who listened to a signal, for the exit code of a shell. */
const exitCodeOf = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/** What runs now, and how a signal reaches it. */
let current;
/** The signal that asked us to end. */
let asked;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(signal));
// SIGTERM to npm may end only its shell, and SIGKILL tells nobody: the chain up to npm is watched.
watchAncestors(() => end("SIGTERM"));

// In a group of its own, so that the compiler behind it ends with it.
const build = [join(root, "tools", "build.mjs")];
const built = await run(build, { stdio: ["ignore", "inherit", "inherit"], detached: true });
if (built !== 0) process.exit(built);
const [file, ...args] = process.argv.slice(2);
process.exit(await run([join(root, file), ...args], { cwd: process.env.INIT_CWD ?? root }));

function end(signal) {
  asked ??= signal;
  current?.(signal);
}

/** Runs node with these arguments until it ends. A signal to our group reaches it by itself, or through us. */
function run(argv, options) {
  return new Promise((resolve) => {
    if (asked !== undefined) return resolve(exitCodeOf[asked]);
    const child = spawn(process.execPath, argv, { stdio: "inherit", ...options });
    current = (signal) => {
      if (options.detached) process.kill(-child.pid, signal);
      else child.kill(signal);
    };
    child.on("exit", (code, signal) => {
      current = undefined;
      resolve(code ?? exitCodeOf[signal] ?? 1);
    });
  });
}

/** Calls back once when this process or one of its ancestors up to npm has lost its parent. */
function watchAncestors(onLost) {
  const chain = ancestorChain();
  const timer = setInterval(() => {
    const isWhole = chain.every(({ pid, parent }) => parentOf(pid) === parent);
    if (isWhole) return;
    clearInterval(timer);
    onLost();
  }, pollMs);
  timer.unref();
}

/** Links from this process to npm; only the first one when npm did not start us or cannot be seen. */
function ancestorChain() {
  const own = { pid: process.pid, parent: process.ppid };
  if (process.env.npm_lifecycle_event === undefined) return [own];
  const chain = [own];
  for (let pid = own.parent; chain.length < chainMax;) {
    const { name, parent } = statOf(pid) ?? {};
    if (name?.startsWith("npm")) return chain;
    if (parent === undefined || parent <= 1) break;
    chain.push({ pid, parent });
    pid = parent;
  }
  return [own];
}

function parentOf(pid) {
  return pid === process.pid ? process.ppid : statOf(pid)?.parent;
}

/** Of /proc/PID/stat, "pid (name) state ppid ..."; undefined where there is no /proc. */
function statOf(pid) {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+) /s.exec(
      readFileSync(`/proc/${pid}/stat`, "utf8"),
    );
    return { name, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
