// What the suites' outputs are read as. Vitest's reports are real ones: it runs over a small folder with
// every way a test file can fail.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "../../rooms.mjs";
import {
  asOne,
  fromKills,
  fromLastLine,
  fromSeeds,
  fromVitest,
  lastLine,
} from "../../suites/counts.mjs";
import { write } from "../support/tree.js";

const output = (out: string) => ({ isOk: true, out, report: "" });

describe("asOne", () => {
  it("goes by the exit code", () => {
    expect(asOne(output(""))).toMatchObject({ passed: 1, failed: 0 });
    expect(asOne({ ...output(""), isOk: false })).toMatchObject({ passed: 0, failed: 1 });
  });
});

describe("fromLastLine", () => {
  it("reads the agreed last line and why something was skipped", () => {
    expect(fromLastLine(output("ok  a\n7 passed, 1 failed\n"))).toEqual({
      passed: 7,
      failed: 1,
      skipped: 0,
      reasons: [],
    });
    const text =
      "skipped: no clock here\nok  a\nskipped: no disk here\n1 passed, 0 failed, 2 skipped\n\n";
    expect(fromLastLine(output(text))).toEqual({
      passed: 1,
      failed: 0,
      skipped: 2,
      reasons: ["no clock here", "no disk here"],
    });
  });

  it.each([
    "",
    "all passed",
    "7 passed",
    "7 passed, 1 failed.",
    "7 passed, 0 failed, some skipped",
    "-1 passed, 0 failed",
    "7 passed, 0 failed\nError: afterwards",
  ])("counts %j as failed", (text) => {
    const { passed, failed, problem } = fromLastLine(output(text));
    expect({ passed, failed }).toEqual({ passed: 0, failed: 1 });
    expect(problem).toContain("printed no counts");
  });

  it("counts nothing as failed", () => {
    for (const text of ["0 passed, 0 failed", "0 passed, 0 failed, 0 skipped"]) {
      expect(fromLastLine(output(text))).toMatchObject({ passed: 0, failed: 1 });
    }
  });

  it("reads what lastLine writes", () => {
    for (const counts of [
      { passed: 3, failed: 1, skipped: 2 },
      { passed: 0, failed: 0, skipped: 1 },
      { passed: 4, failed: 0, skipped: 0 },
    ]) {
      expect(fromLastLine(output(lastLine(counts)))).toMatchObject(counts);
    }
    expect(lastLine({ passed: 4, failed: 0, skipped: 0 })).toBe("4 passed, 0 failed");
    expect(lastLine({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
  });
});

describe("fromVitest", () => {
  const read = (report: string) => fromVitest({ isOk: true, out: "", report });
  const suites = {
    "good.test.js": "it('a', () => {}); it('b', () => {}); it.skip('c', () => {}); it.todo('d');",
    "bad.test.js": "it('a', () => {}); it('b', () => { throw new Error('no'); });",
    "unloaded.test.js": "throw new Error('never loads');",
    "set-up.test.js":
      "import { beforeAll } from 'vitest'; beforeAll(() => { throw new Error('no'); }); it('a', () => {});",
  };

  const folders: string[] = [];

  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  function report(names: readonly (keyof typeof suites)[]): {
    status: number | null;
    text: string;
  } {
    const folder = mkdtempSync(join(tmpdir(), "disheap-count-"));
    folders.push(folder);
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
    // The test behind the set-up that throws is no test that was skipped.
    expect(read(text)).toMatchObject({ passed: 3, failed: 3, skipped: 2 });
  });

  it("counts tests that are skipped or still to be written as skipped, and names them", () => {
    const { status, text } = report(["good.test.js"]);
    expect(status).toBe(0);
    const { reasons, ...counts } = read(text);
    expect(counts).toEqual({ passed: 2, failed: 0, skipped: 2 });
    expect(reasons).toEqual([expect.stringContaining('"c"'), expect.stringContaining('"d"')]);
  });

  it("counts tests that never ended as failed", () => {
    const files = (status: string) => [{ status: "passed", assertionResults: [{ status }] }];
    const text = (status: string) =>
      JSON.stringify({ testResults: files(status), numPassedTests: 5, numFailedTests: 0 });
    expect(read(text("pending"))).toMatchObject({ passed: 5, failed: 1, skipped: 0 });
    expect(read(text("passed"))).toMatchObject({ passed: 5, failed: 0, skipped: 0 });
  });

  it("counts no report, half a report and no tests as failed", () => {
    const empty = JSON.stringify({ testResults: [], numPassedTests: 0, numFailedTests: 0 });
    for (const text of ["", '{"testResults": [', "{}", empty]) {
      expect(read(text)).toMatchObject({ passed: 0, failed: 1, problem: expect.any(String) });
    }
  });
});

describe("fromSeeds", () => {
  const text = (seeds: number, failed: number, checked: number, mismatches: number): string =>
    `some words\n${JSON.stringify({
      seeds,
      failed: Array.from({ length: failed }, () => ({ seed: "1", rule: "R1" })),
      determinism: { checked, mismatches },
    })}\n`;

  const read = (out: string) => fromSeeds(24)(output(out));

  it("counts each seed once", () => {
    expect(read(text(24, 0, 24, 0))).toMatchObject({ passed: 24, failed: 0 });
    expect(read(text(24, 2, 24, 1))).toMatchObject({ passed: 21, failed: 3 });
  });

  it("counts seeds that did not run, or ran only once, as failed", () => {
    expect(read(text(20, 0, 20, 0))).toMatchObject({ passed: 20, failed: 4 });
    expect(read(text(24, 0, 23, 0))).toMatchObject({ passed: 23, failed: 1 });
    expect(read("")).toMatchObject({ passed: 0, failed: 1 });
    expect(read("Error: no")).toMatchObject({ passed: 0, failed: 1 });
  });
});

describe("fromKills", () => {
  it("counts a line for each seeded bug, and survivors as failed", () => {
    const line = (killed: boolean) => JSON.stringify({ id: "seed-S01", killed });
    const text = [line(true), "some words", line(false), line(true)].join("\n");
    expect(fromKills(3)(output(text))).toMatchObject({ passed: 2, failed: 1 });
    const equivalent = (killed: boolean) => JSON.stringify({ killed, expected: false });
    expect(fromKills(1)(output(equivalent(false)))).toMatchObject({ passed: 1, failed: 0 });
    expect(fromKills(1)(output(equivalent(true)))).toMatchObject({ passed: 0, failed: 1 });
    // One that was to be hunted and has no line.
    expect(fromKills(4)(output(text))).toMatchObject({ passed: 2, failed: 2 });
    expect(fromKills(1)(output("1 of 1 killed"))).toMatchObject({ passed: 0, failed: 1 });
  });
});
