// The command itself, on the real repository: real copies, real processes, real seeds.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const MAIN = join(root, "sim", "dist", "kill", "main.js");

let folder = "";
/** Where the command makes its copies: empty before and after. */
let scratch = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-kill-test-"));
  scratch = join(folder, "scratch");
  mkdirSync(scratch);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: readonly string[];
  readonly err: string;
}

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
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => resolve({ code, out: out.trim().split("\n"), err })),
  );
  return { child, ended };
}

/** A mutant in a file of its own, with one edit. */
function mutantFile(id: string, find: string, replace: string): string {
  const edits = [{ file: "sim/src/index.ts", find, replace }];
  const mutant = { id, title: `title of ${id}`, origin: "o", edits, expect: ["R1"], needs: [] };
  const file = join(folder, `${id}.json`);
  writeFileSync(file, JSON.stringify(mutant));
  return file;
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isTrue(); waitedMs += 20) {
    if (waitedMs > 30_000) throw new Error("it did not come to that within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a bug is killed by a seed; one line for it, one for all, and nothing stays behind", async () => {
  const { code, out } = await start("--mutant", "dec-9c", "--seeds", "1..20", "--json").ended;
  expect(out).toHaveLength(2);
  const [kill, totals] = out.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(kill).toMatchObject({ id: "dec-9c", killed: true, situation: null, expected: true });
  expect(kill.seed).toBe(kill.seedsTried);
  expect(totals).toMatchObject({ mutants: 1, killedBySeeds: 1, survivors: [] });
  expect(code).toBe(0);
  expect(readdirSync(scratch)).toEqual([]);
});

test("one that lives is a failure", async () => {
  const file = mutantFile("dec-1", "export {};", "export const harmless = 1;");
  const { code, out } = await start("--mutant-file", file, "--seeds", "3..4").ended;
  expect(out[1]).toMatch(/^dec-1 +SURVIVED +- +- +2 .* title of dec-1$/);
  expect(out[2]).toMatch(/^0 of 1 killed: .*; not as expected: dec-1$/);
  expect(code).toBe(1);
  expect(readdirSync(scratch)).toEqual([]);
});

test("one that does not fit the sources is named before anything runs", async () => {
  const file = mutantFile("dec-2", "export nothing;", "export {};");
  const { code, out, err } = await start("--mutant-file", file).ended;
  expect(err).toContain("mutant dec-2 does not fit sim/src/index.ts: its text is found nowhere");
  expect(out).toEqual([""]);
  expect(code).toBe(1);
  expect(readdirSync(scratch)).toEqual([]);
});

test("one that the compiler refuses is named when types are asked for", async () => {
  const file = mutantFile("dec-3", "export {};", 'export const n: number = "1";');
  const { code, err } = await start("--mutant-file", file, "--check-types").ended;
  expect(err).toMatch(/mutant dec-3 does not compile.*\n.*index\.ts:1: Type 'string'/);
  expect(code).toBe(1);
});

test("a signal ends all processes and removes the copies", async () => {
  const file = mutantFile("dec-4", "export {};", "export const harmless = 2;");
  const { child, ended } = start("--mutant-file", file, "--jobs", "2");
  const isRunning = (): number =>
    execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(scratch)).length;
  await until(() => readdirSync(scratch).some((d) => existsSync(join(scratch, d, "dec-4"))));
  await until(() => isRunning() >= 2);
  child.kill("SIGINT");
  expect((await ended).code).toBe(130);
  expect(readdirSync(scratch)).toEqual([]);
  await until(() => isRunning() === 0);
});
