// How traces under two versions of Node are compared, and which packages give other versions here. The
// seeds are real ones, under the Node that runs this test.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { packagesFor } from "../runtimes.mjs";
import { differences, seedsOf, seedsUnder } from "../traces.mjs";

describe("differences", () => {
  const seeds = ["1", "2"];
  const run = (a: string, b: string, failed: { seed: string; rule: string }[] = []) => ({
    traces: { 1: a, 2: b },
    failed,
  });

  it("are none when every seed has the same trace", () => {
    expect(differences(seeds, run("aa", "bb"), run("aa", "bb"))).toEqual([]);
  });

  it("name the seed and both traces", () => {
    expect(differences(seeds, run("aa", "bb"), run("aa", "cc"))).toEqual([
      "seed 2 has the trace cc, and bb under this Node",
    ]);
  });

  it("name a seed that breaks a rule, with the command to see it", () => {
    const broken = run("aa", "bb", [{ seed: "1", rule: "R3" }]);
    const [first, ...rest] = differences(seeds, broken, broken);
    expect(first).toBe("seed 1 breaks R3; run: npm run sim -- --seed 1");
    expect(rest).toEqual([]);
  });

  it("are all seeds when a run broke off, also when both did", () => {
    const none = seedsOf("Error: no such option\n");
    expect(differences(seeds, run("aa", "bb"), none)).toHaveLength(2);
    expect(differences(seeds, none, run("aa", "bb"))).toHaveLength(2);
    expect(differences(seeds, none, none)).toHaveLength(2);
  });
});

describe("seedsUnder", () => {
  it("runs the seeds under a Node, and one that is none gives no traces", () => {
    const { traces, failed } = seedsUnder(process.execPath, "7..8", "ignore");
    expect(failed).toEqual([]);
    expect(Object.keys(traces)).toEqual(["7", "8"]);
    expect(traces["7"]).toMatch(/^[0-9a-f]{16}$/);
    expect(traces["7"]).not.toBe(traces["8"]);
    expect(seedsUnder("no-node-of-this-name", "7..8", "ignore")).toEqual({
      traces: {},
      failed: [],
    });
  });
});

describe("packagesFor", () => {
  const pinned = { "node-22-linux-x64": "a", "node-24-linux-arm64": "b", "node-24-linux-x64": "c" };

  it("has one package for each major, or none where no package fits", () => {
    expect(packagesFor(pinned, "linux-x64")).toEqual([
      { major: "22", package: "node-22-linux-x64" },
      { major: "24", package: "node-24-linux-x64" },
    ]);
    expect(packagesFor(pinned, "linux-arm64")).toEqual([
      { major: "22", package: undefined },
      { major: "24", package: "node-24-linux-arm64" },
    ]);
  });

  it("is pinned to exact versions of the majors that the names say", () => {
    const file = new URL("../package.json", import.meta.url);
    const { optionalDependencies } = JSON.parse(readFileSync(file, "utf8")) as {
      optionalDependencies: Record<string, string>;
    };
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const [, major, machine] = /^node-(\d+)-(.+)$/.exec(name) ?? [];
      expect(version).toMatch(new RegExp(`^npm:node-${machine}@${major}\\.\\d+\\.\\d+$`));
    }
    expect(Object.keys(optionalDependencies).length).toBeGreaterThanOrEqual(4);
  });
});
