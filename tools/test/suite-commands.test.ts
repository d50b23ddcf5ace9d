// The commands of a contributor as a person meets them: `--help` says what can be chosen and what the exit codes
// mean, what they cannot use is a sentence and exit code 2, and a choice that leaves nothing to run is refused.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../rooms.mjs";

const LIMIT_MS = 60_000;

/** Each with its options. A file without an ending is a script of the shell. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "test/conformance/dist/main.js": ["--only NAME", "--way NAME", "--match TEXT"],
  "test/hardening/dist/main.js": ["--list", "--only TEXT", "--quick", "--json"],
  "test/cluster/dist/main.js": ["--messages N", "--kills N", "--seed N", "--keep", "--json"],
  "test/cluster/dist/soak/main.js": ["--seconds N"],
  "test/harness/dist/main.js": ["--nodes N", "--env NAME=VALUE", "--cuttable"],
  "test/runtimes/main.mjs": [],
  "test/python/run": [],
  "deploy/compose/smoke": ["--keep"],
  "tools/test.mjs": ["--only TEXT"],
  "tools/test-all.mjs": ["--only TEXT"],
  ".ci/run": [],
  "bench/dist/main.js": ["--workload NAME", "--runs N", "--seconds N", "--profile DIR", "--json"],
  "bench/dist/peers/main.js": ["--workload NAME", "--runs N", "--seconds N", "--json"],
  "bench/dist/bursts/main.js": ["--through NAME", "--burst CxB"],
  "sim/dist/cli/main.js": ["--seed N", "--seeds A..B", "--plan FILE", "--jobs N", "--json"],
  "sim/dist/score/main.js": ["--sample N", "--seed S", "--mutant ID", "--self-check", "--json"],
  "reports/dist/check.js": ["--html FILE", "--json"],
};

/** Its own list says that 2 means something else there. */
const REFUSED = new Map([["reports/dist/check.js", 3]]);

function run(file: string, ...args: readonly string[]) {
  const program = /\.m?js$/.test(file) ? process.execPath : "bash";
  return spawnSync(program, [join(root, file), ...args], { encoding: "utf8" });
}

describe.each(Object.entries(COMMANDS))("%s", { timeout: LIMIT_MS }, (file, options) => {
  it("says its options and exit codes for --help", () => {
    const { status, stdout, stderr } = run(file, "--help");
    expect([status, stderr]).toEqual([0, ""]);
    for (const option of [...options, "--help"]) {
      expect(stdout.split("\n").map((line) => line.slice(0, option.length + 4))).toContain(
        `  ${option}  `,
      );
    }
    const codes = /^Exit codes: 0 .*/ms.exec(stdout)?.[0];
    expect(codes).toMatch(new RegExp(`, 1 .*[ ,\n]${String(REFUSED.get(file) ?? 2)} `, "s"));
  });

  it("refuses an option that it does not know, with a sentence", () => {
    const { status, stdout, stderr } = run(file, "--frob");
    expect([status, stdout]).toEqual([REFUSED.get(file) ?? 2, ""]);
    expect(stderr).toMatch(/^Unknown option '--frob'/);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

it.each([
  ["conformance", ["--only", "four"], '--only "four" is none of start, one, three, follower.'],
  ["hardening", ["--only", "nothing.such"], '--only "nothing.such" names no case'],
  ["cluster", ["--seed", "x"], '--seed wants a whole number, not "x".'],
  ["cluster/dist/soak", ["--seconds", "x"], '--seconds wants a whole number of seconds, not "x".'],
] as const)("%s %j is refused", { timeout: LIMIT_MS }, (name, args, sentence) => {
  const main = name.includes("/") ? `test/${name}/main.js` : `test/${name}/dist/main.js`;
  const { status, stdout, stderr } = run(main, ...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(sentence);
  expect(stderr.trimEnd().split("\n")).toHaveLength(2);
});
