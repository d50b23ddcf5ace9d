// Whatever ends a test, nothing of it stays: shown on a process of its own that stands for the test.

import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { temporaryFolder, type TemporaryFolder } from "../src/cleanup.js";
import { isAlive, type Program } from "../src/program.js";
import { until } from "../src/until.js";
import { programIn } from "./support/programs.js";

const PARENT = fileURLToPath(new URL("support/parent.mjs", import.meta.url));
const WAIT_MAX_MS = 30_000;

let folder: TemporaryFolder;
let parent: Program;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await parent.kill();
  folder.remove();
});

interface Left {
  readonly folder: string;
  readonly pids: readonly number[];
}

/** Runs the parent up to the point where it has all it wants. */
async function startParent(end: string): Promise<Left> {
  parent = programIn(folder.path, "", { command: [process.execPath, PARENT, end] }).start();
  const said = await until("the parent says what it has", WAIT_MAX_MS, () => {
    if (!parent.isRunning && !parent.log().includes('"folder"')) throw new Error(parent.log());
    return /^\{"folder".*\}$/m.exec(parent.log())?.[0];
  });
  return JSON.parse(said) as Left;
}

async function nothingIsLeft({ pids, folder: path }: Left): Promise<void> {
  await until("every process is gone", WAIT_MAX_MS, () => !pids.some(isAlive));
  expect(existsSync(path)).toBe(false);
}

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("nothing is left after %s", async (signal) => {
  const left = await startParent("waits");
  expect(left.pids.filter(isAlive)).toEqual(left.pids);
  expect(existsSync(left.folder)).toBe(true);
  parent.signal(signal);
  // It dies of the signal, as it would without the harness.
  expect(await parent.ended(WAIT_MAX_MS)).toEqual({ code: null, signal });
  await nothingIsLeft(left);
});

it.each([
  ["throws", 1],
  ["rejects", 1],
  ["exits", 4],
])("nothing is left when the test %s", async (end, code) => {
  const left = await startParent(end);
  expect(await parent.ended(WAIT_MAX_MS)).toEqual({ code, signal: null });
  await nothingIsLeft(left);
});

it("a node ends by itself when the test is killed", async () => {
  const left = await startParent("SIGKILL");
  expect(left.pids.filter(isAlive)).toEqual(left.pids);
  await parent.kill();
  await until("the node is gone", WAIT_MAX_MS, () => !left.pids.some(isAlive));
  rmSync(left.folder, { recursive: true });
});

it("a folder that is kept stays", async () => {
  parent = programIn(
    folder.path,
    `import("@disheap/harness").then(({ temporaryFolder }) => {
       const [gone, kept] = [temporaryFolder(), temporaryFolder()];
       kept.keep();
       console.log(JSON.stringify([gone.path, kept.path]));
     });`,
    { cwd: fileURLToPath(new URL(".", import.meta.url)) },
  );
  await parent.start().ended(WAIT_MAX_MS);
  const [gone = "", kept = ""] = JSON.parse(parent.log()) as string[];
  expect([existsSync(gone), existsSync(kept)]).toEqual([false, true]);
  rmSync(kept, { recursive: true });
});
