// What `npm test` counts: tests, gates and seeds, from the reports that the tools write. The rule of
// every function here: what cannot be read, did not load or did not run counts as failed.

export class Tally {
  passed = 0;
  failed = 0;
  /** Names of the gates that failed. */
  failures = [];

  /** Adds a gate. `isOk` is its exit code's word; a failed gate has at least one failure. */
  add(name, { isOk, passed, failed }) {
    const bad = isOk ? failed : Math.max(1, failed);
    this.passed += passed;
    this.failed += bad;
    if (bad > 0) this.failures.push(name);
    return bad === 0;
  }

  get lastLine() {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

const NOTHING = { passed: 0, failed: 1 };

/** Counts of a vitest JSON report. */
export function countTests(text) {
  const report = parse(text);
  if (!Array.isArray(report?.testResults)) return NOTHING;
  // A file that fails to load, or whose set-up throws, has no failed test of its own.
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((one) => one.status === "failed"),
  ).length;
  const failed = report.numFailedTests + unloaded;
  if (report.numPassedTests + failed === 0) return NOTHING;
  return { passed: report.numPassedTests, failed };
}

/** Counts of the simulator's JSON line: a seed that failed or whose two runs differed is one failure. */
export function countSeeds(text, expected) {
  const report = parse(lastLineOf(text));
  if (!Array.isArray(report?.failed) || !report.determinism) return NOTHING;
  const { checked, mismatches } = report.determinism;
  const missing = Math.max(0, expected - report.seeds);
  const unchecked = Math.max(0, report.seeds - checked);
  const failed = report.failed.length + mismatches + missing + unchecked;
  return { passed: Math.max(0, expected - failed), failed };
}

/** Counts of a script whose last line is an object with `passed` and `failed`. */
export function countPassedFailed(text) {
  const report = parse(lastLineOf(text));
  if (!Number.isInteger(report?.passed) || !Number.isInteger(report?.failed)) return NOTHING;
  const { passed, failed } = report;
  return passed + failed === 0 ? NOTHING : { passed, failed };
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
