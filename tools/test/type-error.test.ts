// `npm test` and every other command stop when the compiler does.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../rooms.mjs";
import { lastLineOf } from "../suites/counts.mjs";
import { write } from "./support/tree.js";

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
    folder = mkdtempSync(join(tmpdir(), "disheap-type-error-"));
    cpSync(join(root, "tools"), join(folder, "tools"), { recursive: true });
    cpSync(join(root, "tsconfig.base.json"), join(folder, "tsconfig.base.json"));
    // Here it stands on no other room.
    const config = JSON.parse(readFileSync(join(root, "core/tsconfig.json"), "utf8"));
    write(folder, "core/tsconfig.json", JSON.stringify({ ...config, references: [] }));
    write(folder, "package.json", JSON.stringify({ type: "module" }));
    write(folder, "core/package.json", JSON.stringify({ type: "module" }));
    write(folder, "tsconfig.json", JSON.stringify({ files: [], references: [{ path: "core" }] }));
    write(folder, "package-lock.json", "{}");
    write(folder, "node_modules/.package-lock.json", "{}");
    symlinkSync(join(root, "node_modules/typescript"), join(folder, "node_modules/typescript"));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
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
