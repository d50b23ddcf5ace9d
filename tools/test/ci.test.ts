// `.ci/run` as it is, in a repository whose `npm test` and `npm run test:all` are a line of shell each.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../rooms.mjs";
import { lastLineOf } from "../suites/counts.mjs";
import { write } from "./support/tree.js";

describe(".ci/run", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "disheap-ci-"));
    cpSync(join(root, "tools"), join(folder, "tools"), { recursive: true });
    cpSync(join(root, ".ci"), join(folder, ".ci"), { recursive: true });
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs it with standard input closed as in CI. */
  function ci(test: string, testAll: string): { status: number | null; stdout: string } {
    for (const [name, code] of Object.entries({ test, "test-all": testAll })) {
      write(folder, `${name}.sh`, `${code}\n`);
    }
    const scripts = { test: "bash ./test.sh", "test:all": "bash ./test-all.sh" };
    write(folder, "package.json", JSON.stringify({ type: "module", scripts }));
    const command = "exec bash .ci/run <&-";
    const env = { ...process.env, CI: "true" };
    return spawnSync("bash", ["-c", command], { cwd: folder, env, encoding: "utf8" });
  }

  const good = 'echo "ok   lint"; echo "20 passed, 0 failed"';
  const skips =
    'echo "skipped: containers: no engine"; echo "7 passed, 0 failed, 1 skipped"; exit 0';

  it("adds up both, shows what they say, and passes on why something was skipped", () => {
    const { status, stdout } = ci(good, skips);
    expect(lastLineOf(stdout)).toBe("27 passed, 0 failed, 1 skipped");
    expect(stdout).toMatch(/^ok {3}lint$/m);
    expect(stdout).toMatch(/^skipped: npm run test:all: containers: no engine$/m);
    expect(status).toBe(0);
    expect(lastLineOf(ci(good, good).stdout)).toBe("40 passed, 0 failed");
  });

  it("fails when either fails, and runs the second all the same", () => {
    const bad = 'echo "5 passed, 2 failed"; exit 1';
    for (const [test, testAll] of [
      [bad, good],
      [good, bad],
    ]) {
      const { status, stdout } = ci(test, testAll);
      expect(lastLineOf(stdout)).toBe("25 passed, 2 failed");
      expect(status).toBe(1);
    }
  });

  it.each([
    ["is killed", "kill -KILL $$"],
    ["is killed after its counts", 'echo "7 passed, 0 failed"; kill -KILL $$'],
    ["ends without counts", "echo fine"],
    ["counts nothing", 'echo "0 passed, 0 failed"'],
    ["only ends badly", 'echo "7 passed, 0 failed"; exit 3'],
  ])("fails when npm run test:all %s", (_, testAll) => {
    const { status, stdout } = ci(good, testAll);
    expect(lastLineOf(stdout)).toMatch(/^2[07] passed, 1 failed$/);
    expect(stdout).toMatch(/^failed: npm run test:all \(/m);
    expect(status).toBe(1);
  });
});
