// Loaded into each node process before its program (`node --import`): answers the bench over the
// channel to its parent with what only the process itself can tell, and profiles it on request. The
// program under test is not changed and does not know.

import { CpuProfiler } from "../profile/cpu-profiler.js";
import { type ProcessUsage, usageOfThisProcess } from "./process-usage.js";

export type ProbeRequest =
  | { readonly kind: "bench.usage"; readonly id: number; readonly collectGarbage: boolean }
  | { readonly kind: "bench.profile.start"; readonly id: number }
  | { readonly kind: "bench.profile.stop"; readonly id: number; readonly file: string };

export interface ProbeReply {
  readonly kind: "bench.reply";
  readonly id: number;
  readonly usage: ProcessUsage;
}

const profiler = new CpuProfiler();

/** Buffers that a first collection finds dead are given back only by the next. */
async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 2; i += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function answer(request: ProbeRequest): Promise<void> {
  if (request.kind === "bench.profile.start") await profiler.start();
  else if (request.kind === "bench.profile.stop") await profiler.stop(request.file);
  else if (request.collectGarbage) await collectGarbage();
  const { id } = request;
  process.send?.({ kind: "bench.reply", id, usage: usageOfThisProcess() } satisfies ProbeReply);
}

process.on("message", (message: ProbeRequest) => {
  if (message.kind.startsWith("bench.")) void answer(message);
});
