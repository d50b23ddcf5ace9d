// What the given stack allows on this machine: the load of `open` against three processes that take the
// same calls over grpc-js, send the same frames over the real links and sync the same payloads in the real
// store, with nothing of the queue between them. What `open` needs beyond this is Disheap's own.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePorts, temporaryFolder } from "@disheap/harness";
import { messageOf } from "../cluster/child-message.js";
import { costOf, type Reading, type ServerUsage } from "../cluster/cost.js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { summaryOf } from "../histogram.js";
import { runOpenLoad, SECONDS } from "./open-load.js";
import { errorText, type Bench, type Result, type Workload } from "./workload.js";

const NODE_COUNT = 3;
const MAIN = fileURLToPath(new URL("../stack/main.js", import.meta.url));

async function read(nodes: readonly ChildProcess[]): Promise<Reading> {
  const usages = nodes.map((node) => {
    const usage = messageOf<ServerUsage>(node);
    node.send("usage");
    return usage;
  });
  return { nodes: await Promise.all(usages), client: usageOfThisProcess() };
}

async function measure(bench: Bench, nodes: readonly ChildProcess[]): Promise<Result> {
  const ports = await Promise.all(nodes.map((node) => messageOf<{ port: number }>(node)));
  const client = bench.connect(ports.map(({ port }) => `127.0.0.1:${port}`));
  const seconds = bench.seconds ?? SECONDS;
  let before: Promise<Reading> | undefined;
  const onBegin = (): void => {
    before = read(nodes);
  };
  const load = await runOpenLoad({ client, topic: "bare", seconds, onBegin });
  if (before === undefined) throw new Error("the measured part has begun by now");
  return {
    name: "stack",
    seconds,
    messages: load.completed,
    perSecond: load.completed / seconds,
    failed: load.failed,
    ...errorText(load.firstError),
    latency: summaryOf(load.latency),
    parts: { "generator late": summaryOf(load.lateness) },
    cost: costOf(await before, await read(nodes), load.completed),
  };
}

async function run(bench: Bench): Promise<Result[]> {
  const folder = temporaryFolder("disheap-bench-stack-");
  const ports = await freePorts(NODE_COUNT);
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  const nodes = ports.map((_, index) => fork(MAIN, [String(index + 1), folder.path, ...addresses]));
  try {
    return [await measure(bench, nodes)];
  } finally {
    for (const node of nodes) node.kill();
    folder.remove();
  }
}

export const stack: Workload = {
  name: "stack",
  about: "the load of `open` on gRPC, links and store alone: the least this machine needs for it",
  run,
};
