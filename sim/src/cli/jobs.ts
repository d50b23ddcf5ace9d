// Spreads seeds over worker threads, one seed at a time each, and hands results on in the order they
// come. A run is single-threaded and shares nothing, so this changes no result.

import { writeFileSync } from "node:fs";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { formatHistory } from "linearizability";
import { expandPlan } from "../plan/expand.js";
import type { Plan } from "../plan/plan.js";
import { runPlan, type Failure } from "../run/run-plan.js";

export interface Job {
  readonly seed: string;
  readonly plan?: Plan;
}

export interface JobResult {
  readonly seed: string;
  readonly failure: Failure | undefined;
  /** Set when two runs of the seed differed: what each saw first. */
  readonly mismatch: string | undefined;
  readonly wasTwice: boolean;
  readonly trace: string;
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly events: number;
  readonly clientOps: number;
  readonly faults: readonly (readonly [string, number])[];
}

interface Options {
  readonly workers: number;
  readonly twice: boolean;
  readonly stopAtFirst: boolean;
  readonly history: string | undefined;
  readonly onResult: (result: JobResult) => void;
}

interface Order {
  readonly job: Job;
  readonly twice: boolean;
  readonly history: string | undefined;
}

/** Runs one job here. */
function runJob({ job, twice, history }: Order): JobResult {
  const plan = job.plan ?? expandPlan(job.seed);
  const started = process.hrtime.bigint();
  const result = runPlan(plan);
  const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
  if (history !== undefined) writeFileSync(history, formatHistory(result.history));
  const { seed, failure, trace, simulatedMs, events, clientOps } = result;
  const faults = [...result.faults];
  const mismatch = twice && runPlan(plan).trace !== trace ? firstDifference(plan) : undefined;
  return {
    seed,
    failure,
    mismatch,
    wasTwice: twice,
    trace,
    simulatedMs,
    wallMs,
    events,
    clientOps,
    faults,
  };
}

/** Runs twice more with the labels of every fold, and names the first one that differs. */
function firstDifference(plan: Plan): string {
  const labels: string[][] = [[], []];
  for (const list of labels)
    runPlan(plan, { onTrace: (label, hash) => list.push(`${label} ${hash}`) });
  const at = labels[0].findIndex((label, i) => label !== labels[1][i]);
  return `event ${at}: ${labels[0][at] ?? "none"} and then ${labels[1][at] ?? "none"}`;
}

export async function runJobs(jobs: readonly Job[], options: Options): Promise<void> {
  const { twice, history } = options;
  if (options.workers === 1) {
    for (const job of jobs) {
      const result = runJob({ job, twice, history });
      options.onResult(result);
      if (options.stopAtFirst && result.failure) return;
    }
    return;
  }
  let next = 0;
  let isStopped = false;
  await Promise.all(
    Array.from({ length: options.workers }, async () => {
      const worker = new Worker(new URL(import.meta.url));
      while (next < jobs.length && !isStopped) {
        const job = jobs[next];
        next += 1;
        const result = await ask(worker, { job, twice, history });
        options.onResult(result);
        if (options.stopAtFirst && result.failure) isStopped = true;
      }
      await worker.terminate();
    }),
  );
}

function ask(worker: Worker, order: Order): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (result: JobResult) => {
      worker.off("error", reject);
      resolve(result);
    });
    worker.postMessage(order);
  });
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  port.on("message", (order: Order) => port.postMessage(runJob(order)));
}
