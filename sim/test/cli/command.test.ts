// The simulator's command line as a person or a script meets it: exit codes, the JSON line, and what it
// says to bad arguments. It runs the built program, because that is what `npm run sim` runs.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseHistory } from "linearizability";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandOf, explain, Totals } from "../../src/cli/report.js";
import { type JobResult, runJobs } from "../../src/cli/jobs.js";
import { planOf } from "../../src/cli/read-plan.js";
import { expandPlan } from "../../src/plan/expand.js";
import type { Plan } from "../../src/plan/plan.js";
import { runPlan } from "../../src/run/run-plan.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const packageJson = fileURLToPath(new URL("../../package.json", import.meta.url));
const scenarios = fileURLToPath(new URL("../../../scenarios/", import.meta.url));

interface Summary {
  readonly seeds: number;
  readonly failed: readonly {
    readonly seed: string;
    readonly rule: string;
    readonly command: string;
  }[];
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly clientOps: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly determinism: { readonly checked: number; readonly mismatches: number };
  readonly traces?: Readonly<Record<string, string>>;
}

function sim(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, "--jobs", "1", ...args], { encoding: "utf8" });
}

const summaryOf = (stdout: string): Summary =>
  JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Summary;

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-sim-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("npm run sim", () => {
  test("exits 0 with the agreed JSON object as its last line, and writes a history", () => {
    const history = join(folder, "not", "there yet", "quiet.jsonl");
    const plan = join(scenarios, "fast/quiet.json");
    const { status, stdout } = sim("--plan", plan, "--twice", "--json", "--history", history);
    expect(status).toBe(0);
    const summary = summaryOf(stdout);
    expect(summary).toMatchObject({
      seeds: 1,
      failed: [],
      determinism: { checked: 1, mismatches: 0 },
    });
    const numbers = ["simulatedMs", "wallMs", "events", "eventsPerSecond", "clientOps"] as const;
    for (const name of numbers) expect(summary[name], name).toBeGreaterThan(0);
    expect(summary.faults["client.repeat"]).toBeGreaterThan(0);
    expect(parseHistory(readFileSync(history, "utf8")).length).toBeGreaterThan(50);
  });

  test("gives the trace hash of each run when asked, which any other Node must arrive at too", () => {
    const plan = join(scenarios, "fast/quiet.json");
    const run = runPlan(JSON.parse(readFileSync(plan, "utf8")) as Plan);
    const { stdout } = sim("--plan", plan, "--json", "--traces");
    expect(summaryOf(stdout).traces).toEqual({ quiet: run.trace });
    expect(summaryOf(sim("--plan", plan, "--json").stdout).traces).toBeUndefined();
  });

  test("exits 1 when a rule is broken, and says which, in words, and how to see it again", () => {
    const plan = join(scenarios, "negative/two-disks-stalled-for-ever.json");
    const { status, stdout } = sim("--plan", plan, "--json");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^seed two-disks-stalled-for-ever breaks L1: group 0 has no leader/m);
    expect(stdout).toContain(`reproduce: npm run sim -- --plan ${plan}`);
    expect(summaryOf(stdout).failed).toMatchObject([
      {
        seed: "two-disks-stalled-for-ever",
        rule: "L1",
        command: `npm run sim -- --plan ${plan}`,
      },
    ]);
  });

  test("prints the plan of a seed as data that it takes back", () => {
    const { status, stdout } = sim("--seed", "7", "--print-plan");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, seed: "7" });
  });

  test("explains itself with --help", () => {
    const { status, stdout } = sim("--help");
    expect(status).toBe(0);
    expect(stdout).toContain("--seeds A..B");
  });

  test.each([
    [["--seeds", "5..1"], /--seeds 5\.\.1 is empty/],
    [["--seeds", "many"], /--seeds takes a range such as 1\.\.500, not "many"/],
    [["--jobs", "0"], /--jobs takes a positive number/],
    [["--plan", "nowhere.json"], /--plan nowhere\.json cannot be read: .*ENOENT/],
    [["--plan", main], /main\.js cannot be read: .*JSON/],
    [["--plan", packageJson], /package\.json is not a plan: "version" must be 1; found "0/],
    [["--seeds", "1..2", "--history", "h.jsonl"], /--history takes one run: name it/],
    [["--seed", "7", "--history", scenarios], /--history .*scenarios\/ cannot be written: EISDIR/],
    [["--print-plan"], /--print-plan needs --seed/],
    [["--seed", "1", "--seeds", "1..2"], /--seed and --seeds exclude each other/],
    [["--seed", "1", "--traces"], /--traces needs --json/],
    [["--frob"], /Unknown option '--frob'/],
    [["7"], /Unexpected argument '7'/],
  ])("exits 2 at %j and shows what it takes", (args, sentence) => {
    const { status, stdout, stderr } = sim(...args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(sentence);
    expect(stderr).toContain("npm run sim -- [options]");
  });
});

describe("a range that nobody chose", () => {
  const threadsOf = (pid = 0): number =>
    existsSync("/proc") ? readdirSync(`/proc/${pid}/task`).length : 0;

  /** What it says of its seeds after the first one, and the threads it then has beside Node's own. */
  async function afterOneSeed(...args: string[]): Promise<{ threads: number; seeds: number }> {
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    const idle = spawn(process.execPath, ["-e", "setInterval(() => 0, 1e6); console.log(1)"]);
    try {
      await once(idle.stdout, "data");
      const [chunk] = (await once(child.stderr, "data")) as [Buffer];
      const [, seeds] = /^1\/(\d+) seeds/.exec(chunk.toString()) ?? [];
      return { threads: threadsOf(child.pid) - threadsOf(idle.pid), seeds: Number(seeds) };
    } finally {
      for (const one of [child, idle]) {
        one.kill("SIGKILL");
        await once(one, "close");
      }
    }
  }

  const minutes = { timeout: 180_000 };
  test("has 20 seeds, and --jobs is how many run at the same time", minutes, async () => {
    const { seeds, threads } = await afterOneSeed("--jobs", "3");
    expect(seeds).toBe(20);
    expect(threads).toBeGreaterThanOrEqual(existsSync("/proc") ? 3 : 0);
  });

  test.skipIf(availableParallelism() === 1)("runs on all cores", minutes, async () => {
    const { threads } = await afterOneSeed();
    expect(threads).toBeGreaterThanOrEqual(existsSync("/proc") ? availableParallelism() : 0);
  });
});

describe("a plan from a file", () => {
  const quiet = JSON.parse(readFileSync(join(scenarios, "fast/quiet.json"), "utf8")) as Plan;

  test("is taken when it is one", () => {
    expect(planOf(quiet)).toBe(quiet);
    expect(planOf(expandPlan("7"))).toMatchObject({ seed: "7" });
  });

  test.each<[string, unknown, string]>([
    ["a list", [quiet], "a plan is an object; print one with --seed N --print-plan"],
    ["nothing", null, "a plan is an object"],
    ["a seed that is a number", { ...quiet, seed: 7 }, '"seed" must be text; found 7'],
    ["no nodes", { ...quiet, nodes: 0 }, '"nodes" must be a positive whole number; found 0'],
    ["no topics", { ...quiet, topics: undefined }, '"topics" must be a list; it is missing'],
    ["a fault without a kind", { ...quiet, faults: [{}] }, 'entry 0 of "faults" must be an object'],
    ["an operation that is none", { ...quiet, operations: [null] }, 'entry 0 of "operations"'],
  ])("is refused when it is %s", (_name, value, sentence) => {
    expect(planOf(value)).toContain(sentence);
  });
});

describe("totals", () => {
  const plan = JSON.parse(readFileSync(join(scenarios, "fast/quiet.json"), "utf8")) as Plan;
  const result = (seed: string, changes: Partial<JobResult> = {}): JobResult => ({
    seed,
    failure: undefined,
    mismatch: undefined,
    wasTwice: true,
    trace: "0",
    simulatedMs: 60_000,
    wallMs: 500,
    events: 1000,
    clientOps: 300,
    faults: [["net.loss", 2]],
    ...changes,
  });
  const failure = {
    rule: "Q1",
    message: "it is lost",
    first: { atUs: 1_000_000, node: 1, text: "it was acked" },
    second: { atUs: 2_000_000, node: 2, text: "it was not there" },
    recent: ["what happened last"],
  };

  test("add up over seeds, with one command per failed seed", () => {
    const totals = new Totals(3);
    totals.add(result("1"));
    totals.add(
      result("2", {
        failure,
        faults: [
          ["net.loss", 1],
          ["proc.crash", 1],
        ],
      }),
    );
    totals.add(result("3", { mismatch: "event 4", wasTwice: true }));
    expect(totals.isGreen).toBe(false);
    expect(totals.json()).toMatchObject({
      seeds: 3,
      failed: [{ seed: "2", rule: "Q1", command: "npm run sim -- --seed 2" }],
      simulatedMs: 180_000,
      events: 3000,
      eventsPerSecond: 2000,
      clientOps: 900,
      faults: { "net.loss": 5, "proc.crash": 1 },
      determinism: { checked: 3, mismatches: 1 },
    });
  });

  test("are printed as docs/testing.md shows them", () => {
    const shown = readFileSync(new URL("../../../docs/testing.md", import.meta.url), "utf8");
    const [, first, faults] = /^(10 seeds, .*)\n(faults that took effect: .*)$/m.exec(shown) ?? [];
    const totals = new Totals(10);
    totals.add(result("1"));
    const masked = (text = ""): string => text.replace(/[\d.]+/g, "N");
    const [line = "", kinds = ""] = totals.text().split("\n");
    expect(masked(line)).toBe(masked(first));
    expect(kinds).toBe("faults that took effect: net.loss 2");
    expect(faults).toMatch(
      /^faults that took effect: ([a-z]+\.[a-z]+ \d+, \.\.\., )+[a-z]+\.[a-z]+ \d+$/,
    );
  });

  test("--stop-at-first stops at the first failure, and nothing else does", async () => {
    const stalled = join(scenarios, "negative/two-disks-stalled-for-ever.json");
    const broken = JSON.parse(readFileSync(stalled, "utf8")) as Plan;
    const jobs = [broken, plan, broken].map((one) => ({ seed: one.seed, plan: one }));
    const seeds: string[][] = [];
    for (const stopAtFirst of [true, false]) {
      const ran: string[] = [];
      const onResult = ({ seed }: JobResult): void => void ran.push(seed);
      const options = { workers: 1, twice: false, history: undefined, stopAtFirst, onResult };
      await runJobs(jobs, options);
      seeds.push(ran);
    }
    expect(seeds).toEqual([[broken.seed], [broken.seed, plan.seed, broken.seed]]);
  });

  test("explain a failure with both events, the last ones, and one command", () => {
    const text = explain(result("2", { failure }), undefined);
    expect(text).toContain("seed 2 breaks Q1: it is lost");
    expect(text).toMatch(/first : 1\.000000 s {2}n1 {2}it was acked/);
    expect(text).toMatch(/second: 2\.000000 s {2}n2 {2}it was not there/);
    expect(text).toContain("what happened last");
    expect(text).toContain(`reproduce: ${commandOf("2", undefined)}`);
    expect(commandOf(plan.seed, "x.json")).toBe("npm run sim -- --plan x.json");
  });

  test("a difference between two runs of a seed is not green, and names the event", () => {
    const totals = new Totals(1);
    totals.add(result("1", { mismatch: "event 4" }));
    expect(totals.isGreen).toBe(false);
    expect(explain(result("1", { mismatch: "event 4" }), undefined)).toContain("first at event 4");
  });
});
