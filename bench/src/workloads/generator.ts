// The generator's own limits: the loop around nothing, and the same loop, client and payload against a
// server that answers at once. No figure of a cluster can be better than these; where it comes near
// them, it is the generator that was measured.

import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { messageOf } from "../cluster/child-message.js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { summaryOf } from "../histogram.js";
import { ClosedLoop } from "../load/closed-loop.js";
import { errorText, nowMs, payloadOf, type Bench, type Result, type Workload } from "./workload.js";

const WINDOWS = [1, 64, 256];
const SECONDS = 3;
const WARMUP_MS = 1_500;
const EMPTY_OPERATIONS = 500_000;
const SERVER = fileURLToPath(new URL("echo-server.js", import.meta.url));

async function emptyLoop(): Promise<Result> {
  const operation = (): Promise<void> => Promise.resolve();
  const loop = new ClosedLoop({ window: 64, operationsMax: EMPTY_OPERATIONS, operation, nowMs });
  loop.start();
  await loop.ended();
  const { completed, elapsedMs, latency } = loop.endPhase();
  return {
    name: "empty loop",
    seconds: elapsedMs / 1_000,
    messages: completed,
    perSecond: (completed * 1_000) / elapsedMs,
    failed: loop.failed,
    latency: summaryOf(latency),
  };
}

async function echoLoop(
  bench: Bench,
  server: ChildProcess,
  endpoint: string,
  window: number,
): Promise<Result> {
  const client = bench.connect([endpoint]);
  const operation = async (number: number): Promise<void> => {
    await client.enqueue("echo", payloadOf(number), { priority: number % 100 });
  };
  const serverCpuMs = async (): Promise<number> => {
    server.send("usage");
    return (await messageOf<{ cpuMs: number }>(server)).cpuMs;
  };
  const loop = new ClosedLoop({ window, operation, nowMs });
  loop.start();
  await sleep(WARMUP_MS);
  const before = { server: await serverCpuMs(), client: usageOfThisProcess().cpuMs };
  loop.beginPhase();
  await sleep((bench.seconds ?? SECONDS) * 1_000);
  const { completed, elapsedMs, latency } = loop.endPhase();
  const after = { server: await serverCpuMs(), client: usageOfThisProcess().cpuMs };
  await loop.stop();
  const perMillion = (ms: number): number => (completed === 0 ? 0 : (ms / completed) * 1_000);
  const serverCpu = perMillion(after.server - before.server);
  return {
    name: `echo-${window}`,
    seconds: elapsedMs / 1_000,
    messages: completed,
    perSecond: (completed * 1_000) / elapsedMs,
    failed: loop.failed,
    ...errorText(loop.firstError),
    latency: summaryOf(latency),
    cost: {
      nodesCpu: serverCpu,
      perNodeCpu: [serverCpu],
      clientCpu: perMillion(after.client - before.client),
      syncsPerMessage: 0,
      writtenBytesPerMessage: 0,
      turnsPerMessage: 0,
      framesPerMessage: 0,
    },
  };
}

async function run(bench: Bench): Promise<Result[]> {
  const results = [await emptyLoop()];
  const server = fork(SERVER);
  try {
    const { port } = await messageOf<{ port: number }>(server);
    for (const window of WINDOWS) {
      results.push(await echoLoop(bench, server, `127.0.0.1:${port}`, window));
    }
  } finally {
    server.kill();
  }
  return results;
}

export const generator: Workload = {
  name: "generator",
  about: "the generator's own limits: an empty loop, and a gRPC server that only echoes",
  run,
};
