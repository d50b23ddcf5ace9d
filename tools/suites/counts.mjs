// How many tests a suite says have passed, failed and were skipped. One protocol for every command: the
// last line of standard output reads `N passed, M failed`, with `, K skipped` after it when K > 0, and a
// line `skipped: REASON` before it says why. What cannot be read, did not load or did not run has failed.

/**
 * What a suite left behind when it ended.
 * @typedef {object} Output
 * @property {boolean} isOk whether the exit code was 0
 * @property {string} out standard output
 * @property {string} report the text of the report file that it was asked to write, or nothing
 */

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} reasons why something was skipped
 * @property {string} [problem] why the counts cannot be had
 */

const LAST_LINE = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/u;
const REASON = "skipped: ";
/** How vitest's report names what did not run on purpose; "pending" did not run by mishap. */
const SKIPPED = ["skipped", "todo", "disabled"];

/** @returns {Counts} */
function counted(passed, failed, skipped = 0, reasons = []) {
  return { passed, failed, skipped, reasons };
}

/** @returns {Counts} */
function unreadable(problem) {
  return { ...counted(0, 1), problem };
}

/**
 * A suite that passes or fails as a whole.
 * @param {Output} output
 */
export function asOne({ isOk }) {
  return isOk ? counted(1, 0) : counted(0, 1);
}

/**
 * A command that keeps to the protocol.
 * @param {Output} output
 */
export function fromLastLine({ out }) {
  const lines = out.trimEnd().split("\n");
  const match = LAST_LINE.exec(lines.at(-1) ?? "");
  if (!match) {
    return unreadable(`it printed no counts: its last line must read "N passed, M failed"`);
  }
  const [passed, failed, skipped] = match.slice(1).map((text) => Number(text ?? 0));
  if (passed + failed + skipped === 0) return unreadable("nothing ran");
  const reasons = lines
    .filter((line) => line.startsWith(REASON))
    .map((line) => line.slice(REASON.length).trim())
    .filter((reason) => reason !== "");
  return counted(passed, failed, skipped, reasons);
}

/**
 * Vitest's JSON report.
 * @param {Output} output
 */
export function fromVitest({ report: text }) {
  const report = parse(text);
  if (!Array.isArray(report?.testResults)) return unreadable("vitest wrote no report");
  // A file that fails to load, or whose set-up throws, has no failed test of its own.
  const isUnloaded = ({ status, assertionResults }) =>
    status === "failed" && !assertionResults.some((one) => one.status === "failed");
  const unloaded = report.testResults.filter(isUnloaded);
  const tests = report.testResults.flatMap((file) =>
    isUnloaded(file) ? [] : file.assertionResults,
  );
  const unrun = tests.filter(({ status }) => status === "pending");
  const skipped = tests.filter(({ status }) => SKIPPED.includes(status));
  const failed = report.numFailedTests + unloaded.length + unrun.length;
  if (report.numPassedTests + failed + skipped.length === 0) return unreadable("no test ran");
  const reasons = skipped.map(({ fullName }) => `the test "${fullName}" does not run here`);
  return counted(report.numPassedTests, failed, skipped.length, reasons);
}

/**
 * The simulator's JSON line: a seed that failed or whose two runs differed is one failure.
 * @param {number} expected
 */
export function fromSeeds(expected) {
  return (/** @type {Output} */ { out }) => {
    const report = parse(lastLineOf(out));
    if (!Array.isArray(report?.failed) || !report.determinism) {
      return unreadable("the simulator printed no totals");
    }
    const { checked, mismatches } = report.determinism;
    const missing = Math.max(0, expected - report.seeds);
    const unchecked = Math.max(0, report.seeds - checked);
    const failed = report.failed.length + mismatches + missing + unchecked;
    return counted(Math.max(0, expected - failed), failed);
  };
}

/**
 * The kill matrix: one JSON line per seeded bug. One that is not killed is a failure, save where its line
 * says that this was not expected; so is each that was to be hunted and has no line.
 * @param {number} hunted
 */
export function fromKills(hunted) {
  return (/** @type {Output} */ { out }) => {
    const kills = out
      .split("\n")
      .map(parse)
      .filter((line) => typeof line?.killed === "boolean");
    if (kills.length === 0) return unreadable("no seeded bug was hunted");
    const good = kills.filter(({ killed, expected = true }) => killed === expected).length;
    return counted(good, kills.length - good + Math.max(0, hunted - kills.length));
  };
}

/** The agreed last line. */
export function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

export function lastLineOf(text) {
  return text.trimEnd().split("\n").at(-1);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
