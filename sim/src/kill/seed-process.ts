// The parent's side of a process that runs seeds of one copy, one at a time: notices when it dies, when it
// does not end, and ends it when nobody wants the answer.

import { fork, type ChildProcess } from "node:child_process";
import type { SeedAnswer, SeedRequest } from "./child.js";
import { CRASH, DID_NOT_END } from "../run/run-plan.js";
import type { Answer } from "./orders.js";

/** Bounds of one seed. The first alone decides on every machine alike; the second is for endless loops. */
export interface SeedBounds {
  readonly eventsMax: number;
  readonly wallMs: number;
  /** Of a mutant in an instrumented build: how often it may be passed. */
  readonly hitsMax?: number;
}

/** A seed has some 50,000 events; one that waits for its last message until all time is up, 600,000. */
const SEED_BOUNDS: SeedBounds = { eventsMax: 20_000_000, wallMs: 600_000 };

const COMPLAINT_MAX = 2000;

export class SeedProcess {
  private readonly child: ChildProcess;
  private readonly bounds: SeedBounds;
  private readonly gone: Promise<void>;
  private complaint = "";
  private cpuMs = 0;
  private isEnded = false;

  /** `env` is added to the environment of this process. */
  constructor(
    script: string,
    bounds: SeedBounds = SEED_BOUNDS,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.bounds = bounds;
    this.child = fork(script, [], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [],
      env: { ...process.env, ...env },
    });
    this.child.stderr?.on("data", (chunk: Buffer) => {
      this.complaint = (this.complaint + chunk.toString("utf8")).slice(-COMPLAINT_MAX);
    });
    this.gone = new Promise((resolve) => {
      this.child.once("close", () => resolve());
      this.child.once("error", (error) => {
        this.complaint += error.message;
        resolve();
      });
    });
  }

  /** False once it has died or was ended: the next seed needs another process. */
  get isUsable(): boolean {
    return !this.isEnded && this.child.connected;
  }

  /** Runs one seed; undefined when the process was ended meanwhile. */
  async run(seed: number): Promise<Answer | undefined> {
    const { wallMs, ...bounds } = this.bounds;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.child.kill("SIGKILL");
    }, wallMs);
    const answer = await this.ask({ seed, ...bounds });
    clearTimeout(timer);
    if (answer) {
      const cpuMs = answer.cpuMs - this.cpuMs;
      this.cpuMs = answer.cpuMs;
      const { rule, message, run } = answer;
      return { failure: rule === null ? undefined : { rule, message }, cpuMs, run };
    }
    if (this.isEnded) return undefined;
    const failure = isLate
      ? { rule: DID_NOT_END, message: `the run did not end within ${wallMs / 1000} s` }
      : { rule: CRASH, message: this.complaint.trim() || "the process died without a word" };
    return { failure, cpuMs: 0 };
  }

  /** The answer, or undefined when the process is gone before it came. */
  private async ask(request: SeedRequest): Promise<SeedAnswer | undefined> {
    let take: (answer: SeedAnswer) => void = () => undefined;
    const answered = new Promise<SeedAnswer>((resolve) => {
      take = resolve;
    });
    this.child.once("message", take);
    // A process that has just died is noticed by its end, not here.
    this.child.send(request, () => undefined);
    const answer = await Promise.race([answered, this.gone]);
    this.child.off("message", take);
    return answer ?? undefined;
  }

  end(): void {
    this.isEnded = true;
    this.child.kill("SIGKILL");
  }
}
