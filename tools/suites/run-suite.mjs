// Runs one suite to its end or to its time limit, and says what came of it: counts, and in one sentence
// what is wrong beside failed tests. A suite that is wrong in any way has at least one failure.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../rooms.mjs";
import { ProcessTree } from "./process-tree.mjs";

/** A suite is heard of at least every 30 s; below that, because timers come late on a busy machine. */
const PROGRESS_MS = 25_000;
/** Lines of output that are kept to be shown after a failure and to be counted. */
const LINES_KEPT = 5_000;

/**
 * @typedef {import("./counts.mjs").Counts} Counts
 * @typedef {import("./counts.mjs").Output} Output
 */

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {readonly string[]} command `{report}` in it stands for the path of the report file
 * @property {number} limitMs
 * @property {(output: Output) => Counts} counts
 * @property {(line: string) => boolean} [shows] which lines are shown as they come; else none are,
 *   and after a failure the last ones
 * @property {true} [isNested] runs suites itself, which say how far they are
 * @property {true} [stopsTheRest] when it fails, the suites after it are not run
 */

/**
 * @typedef {Counts & {name: string, wallMs: number, tail: string[]}} Result
 */

/** A suite while it runs. */
export class SuiteRun {
  /** @type {Suite} */
  #suite;
  #say;
  #startMs = Date.now();
  #shownMs = Date.now();
  #all = [];
  #out = [];
  #tree;
  #folder = mkdtempSync(join(tmpdir(), "disheap-suite-"));
  #progress;
  #limit;
  /** Why it was ended before its time. */
  #cause;

  /**
   * @param {Suite} suite
   * @param {object} options
   * @param {(line: string) => void} options.say
   * @param {number} [options.progressMs]
   * @param {number} [options.graceMs]
   */
  constructor(suite, { say, progressMs = PROGRESS_MS, graceMs }) {
    this.#suite = suite;
    this.#say = say;
    this.#tree = new ProcessTree(
      suite.command.map((part) => part.replace("{report}", this.#report)),
      { cwd: root, graceMs, onLine: (line, isOut) => this.#take(line, isOut) },
    );
    const { limitMs } = suite;
    this.#progress = setInterval(() => this.#tellProgress(progressMs), progressMs);
    this.#limit = setTimeout(() => {
      this.end(
        `it was not finished within its time limit of ${duration(limitMs)}; it was ended with all its processes`,
      );
    }, limitMs);
  }

  /** Ends all its processes, after which `result` resolves. `cause` is a sentence. */
  end(cause) {
    this.#cause ??= cause;
    void this.#tree.end();
  }

  /** @returns {Promise<Result>} */
  async result() {
    const ended = await this.#tree.ended;
    clearTimeout(this.#limit);
    const left = await this.#tree.settle();
    clearInterval(this.#progress);
    const wallMs = Date.now() - this.#startMs;
    const counts = this.#count(ended.code === 0);
    const problem = this.#cause ?? problemOf(ended, left, counts);
    const failed = problem === undefined ? counts.failed : Math.max(1, counts.failed);
    const isShown = this.#suite.shows !== undefined;
    return {
      ...counts,
      failed,
      problem,
      name: this.#suite.name,
      wallMs,
      tail: failed > 0 && !isShown ? this.#all : [],
    };
  }

  get #report() {
    return join(this.#folder, "report");
  }

  #count(isOk) {
    let report = "";
    try {
      report = readFileSync(this.#report, "utf8");
    } catch {
      // Not every suite writes one; what is needed and missing is for `counts` to say.
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#suite.counts({ isOk, out: this.#out.join("\n"), report });
  }

  #take(line, isOut) {
    keep(this.#all, line);
    if (isOut) keep(this.#out, line);
    if (!this.#suite.shows?.(line)) return;
    this.#shownMs = Date.now();
    this.#say(line);
  }

  #tellProgress(progressMs) {
    const { isNested, limitMs, name } = this.#suite;
    const nowMs = Date.now();
    if (isNested && nowMs - this.#shownMs < progressMs) return;
    const last = this.#all.findLast((line) => plain(line) !== "");
    const said = last === undefined ? "" : `; it said: ${plain(last).slice(0, 100)}`;
    this.#say(
      `...  ${name}: ${duration(nowMs - this.#startMs)} of at most ${duration(limitMs)}${said}`,
    );
  }
}

/** What is wrong with an end beside failed tests, in one sentence. */
function problemOf({ code, signal, error }, left, counts) {
  if (error) return `it could not be started: ${error.message}`;
  if (signal) return `it was ended by ${signal}`;
  if (left.length > 0) return `it left behind ${left.join(", ")}; they were ended`;
  if (counts.problem !== undefined) {
    return code === 0 ? counts.problem : `${counts.problem} (exit code ${code})`;
  }
  if (code !== 0 && counts.failed === 0) return `it ended with exit code ${code}`;
  if (counts.skipped > 0 && counts.reasons.length === 0) {
    return `it skipped ${counts.skipped} and did not say why: a line "skipped: REASON" is missing`;
  }
  return undefined;
}

function keep(lines, line) {
  lines.push(line);
  if (lines.length > 2 * LINES_KEPT) lines.splice(0, LINES_KEPT);
}

/** A line without colours. */
function plain(line) {
  // eslint-disable-next-line no-control-regex
  return line.replace(/\u001b\[[\d;]*m/gu, "").trim();
}

/** 90_000 is "1 min 30 s", 250 is "0.3 s". */
export function duration(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}
