// `npm test`: every gate that CI has, in one place. The last line is `N passed, M failed`, where N
// counts tests, gates and seeds, and a suite that fails to load counts as failed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { root } from "./rooms.mjs";

let passed = 0;
let failed = 0;
const failures = [];

function record(name, ok, passedCount = 1, failedCount = ok ? 0 : 1) {
  passed += ok ? passedCount : Math.max(0, passedCount);
  failed += failedCount;
  if (!ok) failures.push(name);
}

function gate(name, command, args) {
  const started = Date.now();
  const run = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  const ok = run.status === 0;
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  record(name, ok, ok ? 1 : 0);
  return ok;
}

/** A script that prints one JSON object as its last line and exits 1 on a failure. */
function countedGate(name, args, count) {
  const started = Date.now();
  const run = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const lines = run.stdout.trimEnd().split("\n");
  let counts = { passed: 0, failed: 1 };
  try {
    counts = count(JSON.parse(lines.at(-1)));
  } catch {
    console.log(lines.slice(-20).join("\n"));
  }
  const ok = run.status === 0 && counts.failed === 0;
  if (!ok) console.log(lines.slice(0, -1).slice(-60).join("\n"));
  console.log(
    `${ok ? "ok  " : "FAIL"} ${name}: ${counts.passed} passed, ${counts.failed} failed` +
      ` (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
  record(name, ok, counts.passed, ok ? 0 : Math.max(1, counts.failed));
}

function vitest() {
  const folder = mkdtempSync(join(tmpdir(), "disheap-test-"));
  const report = join(folder, "vitest.json");
  const bin = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [bin, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const run = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  let ok = run.status === 0;
  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, "utf8"));
    // A suite that fails to load has no tests and would count as zero failures.
    const unloaded = result.testResults.filter(
      (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
    ).length;
    const bad = result.numFailedTests + unloaded;
    ok = ok && bad === 0 && result.numPassedTests > 0;
    record("vitest", ok, result.numPassedTests, ok ? 0 : Math.max(1, bad));
  } else {
    ok = false;
    record("vitest", false, 0);
  }
  console.log(`${ok ? "ok  " : "FAIL"} vitest`);
  rmSync(folder, { recursive: true, force: true });
}

const started = Date.now();
console.log(`node ${process.version}`);
const compiled = build() === 0;
console.log(`${compiled ? "ok  " : "FAIL"} types`);
record("types", compiled, compiled ? 1 : 0);
if (compiled) {
  const node = process.execPath;
  gate("types of tests", node, [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    "tsconfig.test.json",
  ]);
  gate("lint", node, [join(root, "node_modules/eslint/bin/eslint.js"), "."]);
  gate("format", node, [
    join(root, "node_modules/prettier/bin/prettier.cjs"),
    "--check",
    "--log-level=warn",
    ".",
  ]);
  gate("boundaries", node, [join(root, "tools/boundaries.mjs")]);
  vitest();
  if (existsSync(join(root, "sim/dist/cli/main.js"))) {
    countedGate(
      "simulation",
      [join(root, "sim/dist/cli/main.js"), "--seeds", "1..24", "--twice", "--json"],
      (result) => ({
        passed: result.seeds - result.failed.length,
        failed: result.failed.length + result.determinism.mismatches,
      }),
    );
  }
  if (existsSync(join(root, "test/cluster/dist/main.js"))) {
    countedGate("process test", [join(root, "test/cluster/dist/main.js"), "--json"], (result) => ({
      passed: result.passed,
      failed: result.failed,
    }));
  }
}
if (failures.length > 0) console.log(`failed: ${failures.join(", ")}`);
console.log(`took ${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
