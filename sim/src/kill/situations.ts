// Runs tests of situations in a copy, by the repository's own vitest, and says which of them failed. A test
// process that dies or does not end has failed too, under a name that says so.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { DID_NOT_END } from "../run/run-plan.js";
import type { FailedTest } from "./orders.js";

/** All situations together take about 15 s of processor time. */
const WALL_MS = 600_000;
const REPORT = "situations.json";

/** The part of vitest's JSON report that is read. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export class TestProcess {
  private readonly child: ChildProcess;
  private readonly copy: string;
  private readonly path: string;
  private readonly wallMs: number;
  private isLate = false;

  /** Runs the test file or folder at `path` of the copy. */
  constructor(copy: string, path: string, wallMs = WALL_MS) {
    this.copy = copy;
    this.path = path;
    this.wallMs = wallMs;
    rmSync(join(copy, REPORT), { force: true });
    const vitest = join(copy, "..", "node_modules", "vitest", "vitest.mjs");
    const args = ["run", path, "--root", copy, "--reporter=json", `--outputFile=${REPORT}`];
    // One process, and no test fails because the machine is busy: the time of all together is bounded.
    const bounds = ["--maxWorkers=1", "--testTimeout=0", "--hookTimeout=0"];
    // What vitest leaves behind in a folder for such things goes with the copy.
    const TMPDIR = join(copy, "tmp");
    mkdirSync(TMPDIR, { recursive: true });
    // A group of its own: vitest has processes of its own, which must end with it.
    this.child = spawn(process.execPath, [vitest, ...args, ...bounds], {
      cwd: copy,
      detached: true,
      env: { ...process.env, TMPDIR },
      stdio: "ignore",
    });
  }

  async failed(): Promise<FailedTest[]> {
    const timer = setTimeout(() => {
      this.isLate = true;
      this.end();
    }, this.wallMs);
    const code = await new Promise<number | null>((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", resolve);
    });
    clearTimeout(timer);
    const whole = (name: string): FailedTest => ({ file: this.path, name, isWholeRun: true });
    if (this.isLate) return [whole(DID_NOT_END)];
    const found = this.readReport()?.testResults.flatMap((file) => failuresOf(file, this.copy));
    if (found && (found.length > 0 || code === 0)) return found;
    return [whole(`the test process ended with ${code ?? "a signal"}`)];
  }

  private readReport(): Report | undefined {
    try {
      return JSON.parse(readFileSync(join(this.copy, REPORT), "utf8")) as Report;
    } catch {
      // It died before it could write one.
      return undefined;
    }
  }

  end(): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

function failuresOf(result: Report["testResults"][number], copy: string): FailedTest[] {
  const file = relative(copy, result.name);
  const failed = result.assertionResults.filter(({ status }) => status === "failed");
  if (failed.length > 0) return failed.map(({ fullName }) => ({ file, name: fullName }));
  return result.status === "failed" ? [{ file, name: "the file cannot be run" }] : [];
}
