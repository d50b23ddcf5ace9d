// The command itself, on the real repository.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { execFileSync, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const MAIN = join(root, "sim", "dist", "score", "main.js");

let folder = "";
/** Where the command makes its copies: empty before and after. */
let scratch = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-score-main-"));
  scratch = join(folder, "scratch");
  mkdirSync(scratch);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(...args: string[]) {
  const env = { ...process.env, TMPDIR: scratch };
  const child = spawn(process.execPath, [MAIN, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString("utf8");
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, out: out.trim(), err })),
  );
  return { child, ended };
}

/** Processes that run seeds in the copies. */
function running(): number {
  const lines = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes(`${scratch}/`)).length;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 50));
}

test("a named mutant gets a verdict; table, totals and both files are there, and no copy is left", async () => {
  const reports = join(folder, "reports");
  const args = ["--mutant", "0", "--seeds-max", "1", "--json", "--reports", reports];
  const { code, out } = await start(...args).ended;
  expect(code).toBe(0);
  const totals = JSON.parse(out.split("\n").at(-1) ?? "") as { open: number; rows: unknown[] };
  expect(totals).toMatchObject({ open: 0 });
  expect(totals.rows).toHaveLength(1);
  expect(readdirSync(reports).sort()).toEqual(["score.json", "score.md"]);
  expect(readFileSync(join(reports, "score.md"), "utf8")).toContain("Named mutants, of ");
  expect(readdirSync(scratch)).toEqual([]);
}, 300_000);

test("a signal ends all processes, removes the copies, and tells what was learned", async () => {
  const reports = join(folder, "early");
  const args = ["--mutant", "0", "--seeds-max", "999999", "--reports", reports];
  const { child, ended } = start(...args);
  const isCovering = (): boolean =>
    readdirSync(scratch).some((copies) => existsSync(join(scratch, copies, "instrumented"))) &&
    running() > 0;
  await until(isCovering);
  child.kill("SIGINT");
  const { code, out } = await ended;
  expect(code).toBe(130);
  expect(out).toContain("1 of the sample are not judged yet: the same command goes on.");
  expect(existsSync(join(reports, "score.md"))).toBe(true);
  expect(readdirSync(scratch)).toEqual([]);
  await until(() => running() === 0);
}, 300_000);

test("a command line that makes no sense is answered with what there is", async () => {
  const { code, err } = await start("--sample", "few").ended;
  expect(code).toBe(2);
  expect(err).toContain("npm run sim:score -- [options]");
});
