// One suite at a time, each a real process: how it may end, and that nothing of it is left then.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromLastLine, fromVitest } from "../../suites/counts.mjs";
import { duration, SuiteRun } from "../../suites/run-suite.mjs";
import { isProcessAlive } from "../support/processes.js";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-run-suite-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A program; `pid(NAME)` in it notes a process in a file of that name. */
function program(name: string, code: string): string[] {
  const file = join(folder, `${name}.mjs`);
  const head = [
    'import { writeFileSync } from "node:fs";',
    `const pid = (name, pid = process.pid) => writeFileSync("${folder}/" + name, String(pid));`,
  ];
  writeFileSync(file, [...head, code].join("\n"));
  return [process.execPath, file];
}

const isAlive = (name: string): boolean =>
  isProcessAlive(Number(readFileSync(join(folder, name), "utf8")));

interface Options {
  readonly limitMs?: number;
  readonly progressMs?: number;
  readonly graceMs?: number;
  readonly counts?: typeof fromLastLine;
  readonly shows?: (line: string) => boolean;
  readonly isNested?: true;
}

async function run(command: readonly string[], options: Options = {}) {
  const { limitMs = 60_000, counts = fromLastLine, progressMs, graceMs, ...rest } = options;
  const said: string[] = [];
  const suite = { name: "tried", command, limitMs, counts, ...rest };
  const one = new SuiteRun(suite, { say: (line) => said.push(line), progressMs, graceMs });
  return { said, ...(await one.result()) };
}

const print = (...lines: string[]): string =>
  lines.map((line) => `console.log(${JSON.stringify(line)});`).join("\n");

describe("a suite", () => {
  it("passes with its counts, and says nothing else", async () => {
    const result = await run(program("good", print("ok  a", "7 passed, 0 failed")));
    expect(result).toMatchObject({ passed: 7, failed: 0, skipped: 0, problem: undefined });
    expect(result.said).toEqual([]);
    expect(result.tail).toEqual([]);
  });

  it("that is skipped says why, and has not passed", async () => {
    const text = print("skipped: no engine here.", "0 passed, 0 failed, 1 skipped");
    const result = await run(program("skipped", text));
    expect(result).toMatchObject({ passed: 0, failed: 0, skipped: 1, problem: undefined });
    expect(result.reasons).toEqual(["no engine here."]);
  });

  it("that is skipped and does not say why has failed", async () => {
    const result = await run(program("unexplained", print("4 passed, 0 failed, 2 skipped")));
    expect(result).toMatchObject({ passed: 4, failed: 1, skipped: 2 });
    expect(result.problem).toMatch(/it skipped 2 and did not say why/);
  });

  it("that fails shows what it said, on both streams", async () => {
    const code = `${print("FAIL b")} console.error("because"); ${print("3 passed, 2 failed")}
      process.exitCode = 1;`;
    const result = await run(program("bad", code));
    expect(result).toMatchObject({ passed: 3, failed: 2, problem: undefined });
    expect([...result.tail].sort()).toEqual(["3 passed, 2 failed", "FAIL b", "because"]);
  });

  it("is believed neither with a bad exit code after good counts nor the reverse", async () => {
    const crashed = await run(
      program("crashed", `${print("9 passed, 0 failed")} process.exitCode = 3;`),
    );
    expect(crashed).toMatchObject({ passed: 9, failed: 1, problem: "it ended with exit code 3" });
    const forgot = await run(program("forgot", print("0 passed, 4 failed")));
    expect(forgot).toMatchObject({ passed: 0, failed: 4 });
  });

  it("that prints no counts has failed, also when its exit code is 0", async () => {
    const silent = await run(program("silent", ""));
    expect(silent).toMatchObject({ passed: 0, failed: 1 });
    expect(silent.problem).toMatch(/printed no counts.*"N passed, M failed"$/);
    const broke = await run(program("broke", "process.exit(7)"));
    expect(broke.problem).toMatch(/printed no counts.*\(exit code 7\)$/);
  });

  it("that is killed has failed, also after good counts", async () => {
    const code = `${print("9 passed, 0 failed")} process.kill(process.pid, "SIGKILL");`;
    const result = await run(program("killed", code));
    expect(result).toMatchObject({ failed: 1, problem: "it was ended by SIGKILL" });
  });

  it("that cannot be started has failed", async () => {
    const result = await run([join(folder, "nothing-of-this-name")]);
    expect(result).toMatchObject({ passed: 0, failed: 1 });
    expect(result.problem).toMatch(/could not be started: .*ENOENT/);
  });

  it("is asked for a report file, which is read and removed", async () => {
    const testResults = [{ status: "passed", assertionResults: [] }];
    const report = JSON.stringify({ testResults, numPassedTests: 5, numFailedTests: 0 });
    const code = `writeFileSync(process.argv[2].slice(6), ${JSON.stringify(report)});
      pid("report", process.argv[2].slice(6));`;
    const command = [...program("reports", code), "--out={report}"];
    expect(await run(command, { counts: fromVitest })).toMatchObject({ passed: 5, failed: 0 });
    expect(() => readFileSync(readFileSync(join(folder, "report"), "utf8"))).toThrow("ENOENT");
  });

  it("shows the lines it is asked to show as they come", async () => {
    const command = program("chatty", print("news", "dull", "1 passed, 1 failed"));
    const result = await run(command, { shows: (line) => line !== "dull" });
    expect(result.said).toEqual(["news", "1 passed, 1 failed"]);
    expect(result.tail).toEqual([]);
  });
});

const bash = (code: string): string[] => ["bash", "-c", code];

describe("a suite that takes long", () => {
  it("is heard of again and again: its name, how long, its limit, what it said last", async () => {
    const code = 'printf "\\033[32mhalf\\033[39m\\n"; sleep 2; echo "1 passed, 0 failed"';
    const { said } = await run(bash(code), { progressMs: 300 });
    expect(said.length).toBeGreaterThanOrEqual(3);
    expect(said.at(-1)).toMatch(/^\.\.\. {2}tried: \d\.\d s of at most 1 min; it said: half$/);
  });

  it("and runs suites itself is heard of only when those say nothing", async () => {
    const options = { progressMs: 1200, shows: () => true, isNested: true } as const;
    const progress = async (code: string) =>
      (await run(bash(code), options)).said.filter((line) => line.startsWith("..."));
    const ticks = 'for i in $(seq 25); do echo tick; sleep 0.1; done; echo "1 passed, 0 failed"';
    expect(await progress(ticks)).toEqual([]);
    expect(await progress('sleep 2.5; echo "1 passed, 0 failed"')).not.toEqual([]);
  });
});

describe("a suite that hangs", () => {
  const hang = "setInterval(() => {}, 1000);";
  const stubborn = `process.on("SIGTERM", () => {}); ${hang}`;

  it("fails by its limit, and its child ends with it", async () => {
    const code = `sleep 1000 & echo $! >'${folder}/sleeper'; wait`;
    const result = await run(bash(code), { limitMs: 2000 });
    expect(result).toMatchObject({ passed: 0, failed: 1 });
    expect(result.problem).toMatch(/not finished within its time limit of 2\.0 s/);
    expect(isAlive("sleeper")).toBe(false);
  });

  /** Runs until all the files of these names are there, then ends it. */
  async function endWhenThere(command: readonly string[], names: readonly string[], graceMs = 500) {
    const suite = { name: "tried", command, limitMs: 60_000, counts: fromLastLine };
    const one = new SuiteRun(suite, { say: () => undefined, graceMs });
    const areThere = () => names.every((name) => existsSync(join(folder, name)));
    await expect.poll(areThere, { timeout: 30_000 }).toBe(true);
    one.end("enough of it");
    return one.result();
  }

  it("ends with its children and theirs, whatever they do against it", async () => {
    const start = (code: string, options: string): string =>
      `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(code)}], ${options})`;
    const note = (name: string): string =>
      `require("fs").writeFileSync("${folder}/${name}", String(process.pid));`;
    const grandchild = `${stubborn} ${note("grandchild")}`;
    const child = `${start(grandchild, '{ stdio: "inherit" }')}; ${stubborn} ${note("child")}`;
    // A session of its own, and its parent ends: only the mark in its environment tells whose it is.
    const stray = `${stubborn} ${note("stray")}`;
    const away = `${start(stray, '{ stdio: "ignore", detached: true }')}.unref();`;
    const parent = `${start(child, '{ stdio: "inherit" }')}; ${start(away, "{}")};
      ${stubborn} ${note("parent")}`;
    const names = ["parent", "child", "grandchild", "stray"];
    const result = await endWhenThere([process.execPath, "-e", parent], names);
    expect(result).toMatchObject({ passed: 0, failed: 1, problem: "enough of it" });
    for (const name of names) expect(isAlive(name), name).toBe(false);
  });

  it("may clean up first", async () => {
    const clean = `process.on("SIGTERM", () => { pid("cleaned"); process.exit(0); });`;
    const command = program("cleans", `${clean} ${hang} pid("ready");`);
    expect(await endWhenThere(command, ["ready"], 30_000)).toMatchObject({ passed: 0, failed: 1 });
    expect(isAlive("cleaned")).toBe(false);
  });

  it("fails although it prints good counts when it is asked to end", async () => {
    const good = `${print("5 passed, 0 failed")} process.exit(0);`;
    const code = `process.on("SIGTERM", () => { ${good} }); ${hang} pid("pretends");`;
    const result = await endWhenThere(program("pretends", code), ["pretends"], 30_000);
    expect(result).toMatchObject({ passed: 5, failed: 1, problem: "enough of it" });
  });

  it("only in a child that it left behind fails by that child, which is ended", async () => {
    const code = `sleep 1000 & echo $! >'${folder}/left'; echo "5 passed, 0 failed"`;
    const result = await run(bash(code));
    expect(result).toMatchObject({ passed: 5, failed: 1 });
    expect(result.problem).toMatch(/it left behind process \d+ \(sleep 1000\); they were ended/);
    expect(isAlive("left")).toBe(false);
  });
});

describe("duration", () => {
  it("is in words", () => {
    const words = [300, 59_900, 60_000, 90_400, 600_000].map(duration);
    expect(words).toEqual(["0.3 s", "59.9 s", "1 min", "1 min 30 s", "10 min"]);
  });
});
