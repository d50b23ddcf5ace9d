// The floor of unary calls: the same loop, client and payload against a server that answers at once. No
// unary figure of a cluster can be better; where it comes near, it is the generator that was measured.

import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { messageOf } from "../cluster/child-message.js";
import { costOf, type Reading } from "../cluster/cost.js";
import { type ProcessUsage, usageOfThisProcess } from "../cluster/process-usage.js";
import { summaryOf } from "../histogram.js";
import { ClosedLoop } from "../load/closed-loop.js";
import { errorText, nowMs, payloadOf, type Bench, type Result, type Workload } from "./workload.js";

const SECONDS = 3;
const WARMUP_MS = 1_500;
const SERVER = fileURLToPath(new URL("echo-server.js", import.meta.url));

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
  const read = async (): Promise<Reading> => {
    server.send("usage");
    const usage = await messageOf<ProcessUsage>(server);
    return { nodes: [{ name: "echo", ...usage }], client: usageOfThisProcess() };
  };
  const loop = new ClosedLoop({ window, operation, nowMs });
  loop.start();
  await sleep(WARMUP_MS);
  const before = await read();
  loop.beginPhase();
  await sleep((bench.seconds ?? SECONDS) * 1_000);
  const { completed, elapsedMs, latency } = loop.endPhase();
  const after = await read();
  await loop.stop();
  return {
    name: `echo-${window}`,
    seconds: elapsedMs / 1_000,
    messages: completed,
    perSecond: (completed * 1_000) / elapsedMs,
    failed: loop.failed,
    ...errorText(loop.firstError),
    latency: summaryOf(latency),
    cost: costOf(before, after, completed),
  };
}

async function run(bench: Bench, window: number): Promise<Result[]> {
  const server = fork(SERVER);
  try {
    const { port } = await messageOf<{ port: number }>(server);
    return [await echoLoop(bench, server, `127.0.0.1:${port}`, window)];
  } finally {
    server.kill();
  }
}

export function echo(window: number): Workload {
  return {
    name: `echo-${window}`,
    about: `the same calls to a gRPC server that only echoes, ${window} under way`,
    run: (bench) => run(bench, window),
  };
}
