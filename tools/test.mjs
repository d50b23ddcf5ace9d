// `npm test`: every gate that CI has, in one place. A gate that passes is one line, one that fails shows
// what it said. The last line is `N passed, M failed`, where N counts tests, gates and seeds (tally.mjs).
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "./build.mjs";
import { root } from "./rooms.mjs";
import { countPassedFailed, countSeeds, countTests, Tally } from "./tally.mjs";

const SEEDS = 24;
const TAIL_LINES = 200;

const tally = new Tally();
const bin = (path) => join(root, "node_modules", path);
const secondsSince = (started) => ((Date.now() - started) / 1000).toFixed(1);

/** Runs a script; its output line by line to `onLine`. Resolves to whether it ended with 0. */
function run(args, onLine) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) =>
        onLine(line, stream === child.stdout),
      );
    }
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

function conclude(name, started, result, detail) {
  const isOk = tally.add(name, result);
  console.log(`${isOk ? "ok  " : "FAIL"} ${name}${detail ?? ""} (${secondsSince(started)} s)`);
  return isOk;
}

/** A gate that passes or fails as a whole. */
async function gate(name, args) {
  const started = Date.now();
  const lines = [];
  const isOk = await run(args, (line) => lines.push(line));
  if (!isOk) console.log(lines.slice(-TAIL_LINES).join("\n"));
  conclude(name, started, { isOk, passed: isOk ? 1 : 0, failed: isOk ? 0 : 1 });
}

/** A gate with counts in the last line that it prints. */
async function countedGate(name, args, count) {
  const started = Date.now();
  const [all, out] = [[], []];
  const isOk = await run(args, (line, isOut) => {
    all.push(line);
    if (isOut) out.push(line);
  });
  const counts = count(out.join("\n"));
  if (!isOk || counts.failed > 0) console.log(all.slice(-TAIL_LINES).join("\n"));
  const detail = `: ${counts.passed} passed, ${counts.failed} failed`;
  conclude(name, started, { isOk, ...counts }, detail);
}

/** Vitest shows its failures as they come; the lines of what passes are left out. */
async function tests() {
  const started = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "disheap-test-"));
  const report = join(folder, "vitest.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const quiet = "--silent=passed-only";
  const isOk = await run([bin("vitest/vitest.mjs"), "run", quiet, ...reporters], (line) => {
    if (!/^\s*(\u001b\[\d+m)*\s*✓|^\s*$/u.test(line)) console.log(line);
  });
  const counts = countTests(existsSync(report) ? readFileSync(report, "utf8") : "");
  rmSync(folder, { recursive: true, force: true });
  const detail = `: ${counts.passed} passed, ${counts.failed} failed`;
  conclude("unit, property and conformance tests", started, { isOk, ...counts }, detail);
}

const started = Date.now();
console.log(`node ${process.version}`);
const isCompiled = build() === 0;
const compiled = { isOk: isCompiled, passed: isCompiled ? 1 : 0, failed: 0 };
if (conclude("types", started, compiled)) {
  await gate("types of tests", [bin("typescript/bin/tsc"), "-p", "tsconfig.test.json"]);
  await gate("lint", [bin("eslint/bin/eslint.js"), "."]);
  await gate("format", [bin("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "."]);
  await gate("boundaries", [join(root, "tools/boundaries.mjs")]);
  await tests();
  await countedGate(
    "simulation, each seed twice",
    [join(root, "sim/dist/cli/main.js"), "--seeds", `1..${SEEDS}`, "--twice", "--json"],
    (text) => countSeeds(text, SEEDS),
  );
  await countedGate(
    "process test",
    [join(root, "test/cluster/dist/main.js"), "--json"],
    countPassedFailed,
  );
}
if (tally.failures.length > 0) console.log(`failed: ${tally.failures.join(", ")}`);
console.log(`took ${secondsSince(started)} s`);
console.log(tally.lastLine);
process.exit(tally.failed === 0 ? 0 : 1);
