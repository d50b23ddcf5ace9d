// What `npm test` counts, and that it and every other command stop when the compiler does. The reports
// are real ones: vitest runs over a small folder with every way a suite can fail.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../rooms.mjs";
import { countPassedFailed, countSeeds, countTests, lastLineOf, Tally } from "../tally.mjs";
import { write } from "./support/tree.js";

const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "disheap-count-"));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe("Tally", () => {
  it("adds up, names what failed, and ends with the agreed line", () => {
    const tally = new Tally();
    expect(tally.add("a", { isOk: true, passed: 3, failed: 0 })).toBe(true);
    expect(tally.add("b", { isOk: false, passed: 2, failed: 2 })).toBe(false);
    expect(tally.lastLine).toBe("5 passed, 2 failed");
    expect(tally.failures).toEqual(["b"]);
  });

  it("believes neither a good count with a bad exit code nor the reverse", () => {
    const tally = new Tally();
    expect(tally.add("crashed at its end", { isOk: false, passed: 9, failed: 0 })).toBe(false);
    expect(tally.add("forgot its exit code", { isOk: true, passed: 0, failed: 4 })).toBe(false);
    expect(tally.lastLine).toBe("9 passed, 5 failed");
  });
});

describe("countTests", () => {
  const suites = {
    "good.test.js": "it('a', () => {}); it('b', () => {}); it.skip('c', () => {});",
    "bad.test.js": "it('a', () => {}); it('b', () => { throw new Error('no'); });",
    "unloaded.test.js": "throw new Error('never loads');",
    "set-up.test.js":
      "import { beforeAll } from 'vitest'; beforeAll(() => { throw new Error('no'); }); it('a', () => {});",
  };

  function report(names: readonly (keyof typeof suites)[]): {
    status: number | null;
    text: string;
  } {
    const folder = newFolder();
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    for (const name of names) {
      write(folder, `test/${name}`, `import { it } from "vitest";\n${suites[name]}\n`);
    }
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--root", folder, "--reporter=json", "--outputFile=out.json"];
    const { status } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    return { status, text: readFileSync(join(folder, "out.json"), "utf8") };
  }

  it("counts passed and failed tests, a suite that does not load and a set-up that throws", () => {
    const { status, text } = report(Object.keys(suites) as (keyof typeof suites)[]);
    expect(status).toBe(1);
    expect(countTests(text)).toEqual({ passed: 3, failed: 3 });
  });

  it("counts skipped tests neither way", () => {
    const { status, text } = report(["good.test.js"]);
    expect(status).toBe(0);
    expect(countTests(text)).toEqual({ passed: 2, failed: 0 });
  });

  it("counts no report, half a report and no tests as failed", () => {
    const empty = JSON.stringify({ testResults: [], numPassedTests: 0, numFailedTests: 0 });
    for (const text of ["", '{"testResults": [', "{}", empty]) {
      expect(countTests(text)).toEqual({ passed: 0, failed: 1 });
    }
  });
});

describe("countSeeds", () => {
  const text = (seeds: number, failed: number, checked: number, mismatches: number): string =>
    `some words\n${JSON.stringify({
      seeds,
      failed: Array.from({ length: failed }, () => ({ seed: "1", rule: "R1" })),
      determinism: { checked, mismatches },
    })}\n`;

  it("counts each seed once", () => {
    expect(countSeeds(text(24, 0, 24, 0), 24)).toEqual({ passed: 24, failed: 0 });
    expect(countSeeds(text(24, 2, 24, 1), 24)).toEqual({ passed: 21, failed: 3 });
  });

  it("counts seeds that did not run, or ran only once, as failed", () => {
    expect(countSeeds(text(20, 0, 20, 0), 24)).toEqual({ passed: 20, failed: 4 });
    expect(countSeeds(text(24, 0, 23, 0), 24)).toEqual({ passed: 23, failed: 1 });
    expect(countSeeds("", 24)).toEqual({ passed: 0, failed: 1 });
    expect(countSeeds("Error: no", 24)).toEqual({ passed: 0, failed: 1 });
  });
});

describe("countPassedFailed", () => {
  it("takes the last line, and nothing for an answer it is not", () => {
    expect(countPassedFailed('x\n{"passed":7,"failed":1}\n')).toEqual({ passed: 7, failed: 1 });
    for (const text of ["", "{}", '{"passed":"7","failed":0}', '{"passed":0,"failed":0}']) {
      expect(countPassedFailed(text)).toEqual({ passed: 0, failed: 1 });
    }
  });
});

describe("a type error", () => {
  let folder = "";

  /** A repository of one room that compiles or not, with the real tools. */
  function plant(code: string): void {
    write(folder, "core/src/index.ts", `// Planted.\n${code}\n`);
  }

  function node(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  }

  beforeAll(() => {
    folder = newFolder();
    cpSync(join(root, "tools"), join(folder, "tools"), { recursive: true });
    cpSync(join(root, "tsconfig.base.json"), join(folder, "tsconfig.base.json"));
    cpSync(join(root, "core/tsconfig.json"), join(folder, "core/tsconfig.json"));
    write(folder, "package.json", JSON.stringify({ type: "module" }));
    write(folder, "core/package.json", JSON.stringify({ type: "module" }));
    write(folder, "tsconfig.json", JSON.stringify({ files: [], references: [{ path: "core" }] }));
    write(folder, "package-lock.json", "{}");
    write(folder, "node_modules/.package-lock.json", "{}");
    symlinkSync(join(root, "node_modules/typescript"), join(folder, "node_modules/typescript"));
  });

  it("stops npm test with one failure, and no later gate runs", () => {
    plant('export const x: number = "no";');
    const { status, stdout } = node("tools/test.mjs");
    expect(status).toBe(1);
    expect(stdout).toContain("TS2322");
    expect(stdout).toContain("failed: types");
    expect(lastLineOf(stdout)).toBe("0 passed, 1 failed");
    expect(stdout).not.toMatch(/lint|boundaries|tests:/);
  });

  it("stops npm run sim and the like before anything runs, also when older output is there", () => {
    const run = () => node("tools/run.mjs", "core/dist/index.js");
    // What runs says so by throwing: it has no console.
    plant('throw new Error("it ran");');
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining("it ran") });
    plant('export const x: number = "no";');
    const { status, stdout, stderr } = run();
    expect(status).not.toBe(0);
    expect(stdout).toContain("TS2322");
    expect(stderr).not.toContain("it ran");
    plant("export const x = 1;");
    expect(run().status).toBe(0);
  });
});
