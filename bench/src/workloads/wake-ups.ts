// What this machine takes for waking a process up: round trips of 300 bytes over bare TCP between two
// processes, at once one after the other and 8 ms apart. Nothing of Disheap and no gRPC is in it, but every
// figure at a low rate holds it several times.

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { costOf, type Reading } from "../cluster/cost.js";
import { type ProcessUsage, usageOfThisProcess } from "../cluster/process-usage.js";
import { Histogram, summaryOf } from "../histogram.js";
import { nowMs, type Result, type Workload } from "./workload.js";

const SERVER = fileURLToPath(new URL("wake-server.js", import.meta.url));
const MESSAGE = Buffer.alloc(300);
const SHAPES = [
  { name: "tcp-busy", pauseMs: 0, trips: 20_000 },
  { name: "tcp-idle", pauseMs: 8, trips: 500 },
];
const WARMUP_TRIPS = 2_000;

async function trip(socket: Socket): Promise<void> {
  const answer = once(socket, "data");
  socket.write(MESSAGE);
  await answer;
}

async function read(server: ChildProcess): Promise<Reading> {
  server.send("usage");
  const [usage] = (await once(server, "message")) as [ProcessUsage];
  return { nodes: [{ name: "server", ...usage }], client: usageOfThisProcess() };
}

async function measure(
  server: ChildProcess,
  socket: Socket,
  shape: (typeof SHAPES)[number],
): Promise<Result> {
  const { name, pauseMs, trips } = shape;
  const latency = new Histogram();
  const before = await read(server);
  const startMs = nowMs();
  for (let i = 0; i < trips; i += 1) {
    const sentMs = nowMs();
    await trip(socket);
    latency.record(nowMs() - sentMs);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  const elapsedMs = nowMs() - startMs;
  return {
    name,
    seconds: elapsedMs / 1_000,
    messages: trips,
    perSecond: (trips * 1_000) / elapsedMs,
    failed: 0,
    latency: summaryOf(latency),
    cost: costOf(before, await read(server), trips),
  };
}

async function run(): Promise<Result[]> {
  const server = fork(SERVER);
  try {
    const [{ port }] = (await once(server, "message")) as [{ port: number }];
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    await once(socket, "connect");
    for (let i = 0; i < WARMUP_TRIPS; i += 1) await trip(socket);
    const results: Result[] = [];
    for (const shape of SHAPES) results.push(await measure(server, socket, shape));
    socket.destroy();
    return results;
  } finally {
    server.kill();
  }
}

export const wakeUps: Workload = {
  name: "wake-ups",
  about: "what this machine takes for waking a process: bare TCP round trips, busy and idle",
  run,
};
