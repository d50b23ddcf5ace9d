// The lists of suites: each with a limit of its own, each with something to start.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../rooms.mjs";
import { GATES } from "../../suites/gates.mjs";
import { LONGER } from "../../suites/longer.mjs";
import { WHOLE } from "../../suites/whole.mjs";
import { chosen } from "../../suites/arguments.mjs";

const MINUTE_MS = 60_000;

describe("the lists of suites", () => {
  const all = [...GATES, ...LONGER];

  it("gives each suite a name of its own and a time limit", () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { name, limitMs } of all) {
      expect(limitMs, name).toBeGreaterThanOrEqual(MINUTE_MS);
      expect(limitMs, name).toBeLessThanOrEqual(20 * MINUTE_MS);
    }
  });

  it("ends what hangs by its own limit, and both lists before CI would", () => {
    const sumOf = (suites: readonly { readonly limitMs: number }[]): number =>
      suites.reduce((sum, { limitMs }) => sum + limitMs, 0);
    const [gates, longer] = WHOLE;
    expect(sumOf(GATES)).toBeLessThan(gates.limitMs);
    expect(sumOf(LONGER)).toBeLessThan(longer.limitMs);
    expect(sumOf(WHOLE)).toBeLessThan(90 * MINUTE_MS);
  });

  it("starts only scripts of package.json and files that are there or will be built", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    for (const { name, command } of all) {
      const [program, ...args] = command;
      if (program === "npm") expect(Object.keys(scripts), name).toContain(args[2]);
      else {
        const file = program === process.execPath ? args[0] : program;
        const source = file.replace("/dist/", "/src/").replace(/\.js$/, ".ts");
        const isThere = existsSync(join(root, file)) || existsSync(join(root, source));
        expect(isThere, `${name}: ${file}`).toBe(true);
      }
    }
  });

  it("can be run in part: what the name matches, and what it stands on", () => {
    const names = (args: string[]) => chosen(GATES, args, "npm test").map(({ name }) => name);
    expect(names([])).toHaveLength(GATES.length);
    expect(names(["--only", "format"])).toEqual(["types", "format"]);
  });

  it("refuses other arguments, and says what there is", () => {
    for (const args of [["--only", "nothing"], ["--only"], ["format"], ["--fast", "lint"]]) {
      const { status, stderr } = spawnSync(process.execPath, ["tools/test.mjs", ...args], {
        cwd: root,
        encoding: "utf8",
      });
      expect(status).toBe(2);
      expect(stderr).toContain("There are: types, ");
    }
  });
});
