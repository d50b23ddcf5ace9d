// Runs a list of suites one after another: a line for each, loud when it fails, and the agreed last line.
import { asOne, lastLine } from "./counts.mjs";
import { duration, SuiteRun } from "./run-suite.mjs";

/** Lines of a failed suite that are shown, beside those that say what is well. */
const TAIL_LINES = 200;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const isWell = (line) => /^\s*ok\b/u.test(line);

/** What all suites have come to. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** The suites that failed, each with what is wrong beside failed tests. */
  failures = [];
  /** Why something was skipped, with the suite's name. */
  reasons = [];

  /** @param {import("./run-suite.mjs").Result} result */
  add({ name, passed, failed, skipped, reasons, problem }) {
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped;
    if (failed > 0) this.failures.push(problem === undefined ? name : `${name} (${problem})`);
    this.reasons.push(...reasons.map((reason) => `${name}: ${reason}`));
  }
}

/**
 * Runs the suites and prints what comes of them. Resolves to the exit code.
 * @param {readonly import("./run-suite.mjs").Suite[]} suites
 * @param {object} [options] as of SuiteRun
 */
export async function runSuites(suites, options = {}) {
  const startMs = Date.now();
  const tally = new Tally();
  let run;
  let exitCode;
  // A suite is no part of the terminal's group: what ends this has to be passed on.
  const onSignal = (signal, number) => {
    exitCode ??= 128 + number;
    run?.end(`it was ended with all its processes, because ${signal} came`);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  say(`node ${process.version}`);
  for (const suite of suites) {
    run = new SuiteRun(suite, { say, ...options });
    const result = await run.result();
    tally.add(result);
    tell(suite, result);
    if (exitCode !== undefined || (suite.stopsTheRest && result.failed > 0)) break;
  }
  for (const signal of SIGNALS) process.off(signal, onSignal);
  if (tally.failures.length > 0) say(`failed: ${tally.failures.join(", ")}`);
  for (const reason of tally.reasons) say(`skipped: ${reason}`);
  say(`took ${duration(Date.now() - startMs)}`);
  say(lastLine(tally));
  return exitCode ?? (tally.failed === 0 ? 0 : 1);
}

function say(line) {
  console.log(line);
}

function tell({ name, counts }, result) {
  const { failed, passed, problem, reasons, wallMs } = result;
  for (const line of result.tail.filter((one) => !isWell(one)).slice(-TAIL_LINES)) say(line);
  const word = failed > 0 ? "FAIL" : passed > 0 ? "ok  " : "skip";
  const numbers = counts === asOne ? "" : `: ${lastLine(result)}`;
  const why = problem ?? (passed + failed === 0 ? reasons.join("; ") : undefined);
  say(`${word} ${name}${numbers}${why === undefined ? "" : `: ${why}`} (${duration(wallMs)})`);
}
