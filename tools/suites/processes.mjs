// The processes of this machine, as far as needed to find all that a suite has started: from /proc where
// there is one, else from ps. A process that has ended and waits for its parent to notice is left out.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The variable that every process of a suite inherits; its value names the suites it belongs to. */
export const MARK = "DISHEAP_SUITE_MARKS";

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {number} parent
 * @property {number} group
 * @property {number} session
 */

/** @returns {Process[]} */
function all() {
  return existsSync("/proc/self/stat") ? fromProc() : fromPs();
}

function fromProc() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => {
      // `PID (NAME) STATE PARENT GROUP SESSION ...`, where NAME may hold anything.
      const text = readOrNothing(`/proc/${name}/stat`);
      const [state, ...numbers] = text.slice(text.lastIndexOf(")") + 2).split(" ");
      if (text === "" || state === "Z" || state === "X") return [];
      const [parent, group, session] = numbers.map(Number);
      return [{ pid: Number(name), parent, group, session }];
    });
}

function fromPs() {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8" });
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, group, state = "Z"] = line.trim().split(/\s+/u);
    if (state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0 }];
  });
}

/** A file of a process, which may end meanwhile or belong to somebody else. */
function readOrNothing(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/**
 * What belongs to the tree that `root` leads: by session or group, by parent, or by the mark, which also
 * finds those that have a session of their own and whose parent has ended.
 * @param {number} root
 * @param {string} mark
 */
export function membersOf(root, mark) {
  const found = new Set([root]);
  const isMarked = ({ pid }) => readOrNothing(`/proc/${pid}/environ`).includes(mark);
  const processes = all();
  const members = processes.filter(
    (one) => one.pid === root || one.group === root || one.session === root || isMarked(one),
  );
  for (const { pid } of members) found.add(pid);
  // Children of what was found, and theirs.
  for (let before = 0; before < members.length;) {
    before = members.length;
    const more = processes.filter(({ pid, parent }) => found.has(parent) && !found.has(pid));
    members.push(...more);
    for (const { pid } of more) found.add(pid);
  }
  return members.map(({ pid }) => pid);
}

/** A process in words: its number and its command. */
export function describe(pid) {
  const command = readOrNothing(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  return command === "" ? `process ${pid}` : `process ${pid} (${command.slice(0, 120)})`;
}
