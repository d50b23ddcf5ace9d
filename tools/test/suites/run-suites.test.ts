// What suites come to together: the adding up, what is printed, and what happens when the whole is ended.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { root } from "../../rooms.mjs";
import { asOne, fromLastLine, lastLineOf } from "../../suites/counts.mjs";
import { runSuites, Tally } from "../../suites/run-suites.mjs";
import { isProcessAlive } from "../support/processes.js";
import { write } from "../support/tree.js";

const MINUTE_MS = 60_000;

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-run-suites-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("Tally", () => {
  const result = (name: string, passed: number, failed: number, skipped = 0, problem?: string) => ({
    ...{ name, passed, failed, skipped, problem, wallMs: 1, tail: [] },
    reasons: skipped > 0 ? ["no engine"] : [],
  });

  it("adds up and names what failed, with its sentence, and what was skipped, with its reason", () => {
    const tally = new Tally();
    tally.add(result("a", 3, 0));
    tally.add(result("b", 2, 2));
    tally.add(result("c", 0, 1, 0, "it was ended by SIGKILL"));
    tally.add(result("d", 0, 0, 1));
    expect(tally).toMatchObject({ passed: 5, failed: 3, skipped: 1 });
    expect(tally.failures).toEqual(["b", "c (it was ended by SIGKILL)"]);
    expect(tally.reasons).toEqual(["d: no engine"]);
  });
});

describe("runSuites", () => {
  const suite = (name: string, code: string, rest = {}) => ({
    name,
    command: ["bash", "-c", code],
    limitMs: MINUTE_MS,
    counts: fromLastLine,
    ...rest,
  });

  async function run(...suites: Parameters<typeof runSuites>[0][number][]) {
    const print = vi.spyOn(console, "log").mockImplementation(() => undefined);
    try {
      const code = await runSuites(suites);
      return { code, lines: print.mock.calls.map(([line]) => String(line)) };
    } finally {
      print.mockRestore();
    }
  }

  it("has a line for each, reasons and names below, and the agreed last line", async () => {
    const { code, lines } = await run(
      suite("gate", "exit 0", { counts: asOne }),
      suite("good", 'echo "ok a"; echo "7 passed, 0 failed"'),
      suite("bad", 'echo "ok c"; echo "FAIL b"; echo "2 passed, 1 failed"; exit 1'),
      suite("absent", 'echo "skipped: no engine here."; echo "0 passed, 0 failed, 1 skipped"'),
      suite("slow", "sleep 1000", { limitMs: 1000 }),
    );
    expect(code).toBe(1);
    const plain = lines.map((line) => line.replace(/\d+\.\d s\)?$/, "_"));
    expect(plain).toEqual([
      `node ${process.version}`,
      "ok   gate (_",
      "ok   good: 7 passed, 0 failed (_",
      "FAIL b",
      "2 passed, 1 failed",
      "FAIL bad: 2 passed, 1 failed (_",
      "skip absent: 0 passed, 0 failed, 1 skipped: no engine here. (_",
      expect.stringMatching(/^FAIL slow: 0 passed, 1 failed: it was not finished .* 1\.0 s; /),
      expect.stringMatching(/^failed: bad, slow \(it was not finished within its time limit/),
      "skipped: absent: no engine here.",
      "took _",
      "10 passed, 2 failed, 1 skipped",
    ]);
  });

  it("says nothing of skipping when nothing was skipped", async () => {
    const { code, lines } = await run(suite("good", 'echo "7 passed, 0 failed"'));
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe("7 passed, 0 failed");
  });

  it("stops after a suite that the rest stands on", async () => {
    const { code, lines } = await run(
      suite("ground", "exit 1", { counts: asOne, stopsTheRest: true }),
      suite("house", 'echo "7 passed, 0 failed"'),
    );
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe("0 passed, 1 failed");
  });

  it("ends what runs when it is ended, starts nothing more, and says so", async () => {
    const script = join(folder, "interrupted.mjs");
    const bash = (code: string) => JSON.stringify(["bash", "-c", code]);
    write(
      folder,
      "interrupted.mjs",
      `import { runSuites } from "${root}/tools/suites/run-suites.mjs";
      import { asOne } from "${root}/tools/suites/counts.mjs";
      const suite = (name, command) => ({ name, command, limitMs: ${MINUTE_MS}, counts: asOne });
      process.exit(await runSuites([
        suite("first", ${bash(`sleep 1000 & echo $! >'${folder}/sleeper'; wait`)}),
        suite("second", ${bash(`echo started >'${folder}/second'`)}),
      ]));`,
    );
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const sleeper = join(folder, "sleeper");
    const pid = () => (existsSync(sleeper) ? Number(readFileSync(sleeper, "utf8")) : 0);
    await expect.poll(pid, { timeout: 30_000 }).toBeGreaterThan(1);
    child.kill("SIGTERM");
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(143);
    expect(out).toMatch(/FAIL first: it was ended with all its processes, because SIGTERM came/);
    expect(lastLineOf(out)).toBe("0 passed, 1 failed");
    expect(existsSync(join(folder, "second"))).toBe(false);
    expect(isProcessAlive(pid())).toBe(false);
  });
});
