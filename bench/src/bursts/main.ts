// `node bench/dist/bursts/main.js [--through all|leader|follower]... [--burst 400x4000000]...`: bursts of
// large messages at three real nodes with their defaults, each burst at a new cluster. What came of the
// calls, elections, memory of each node while it ran and ten seconds after, and how busy the machine was.

import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { DisheapClient } from "@disheap/client";
import { Cluster, until } from "@disheap/harness";
import { UsageError } from "../options.js";
import { HELP, readBurstOptions, type Through } from "./arguments.js";
import { burst, type Burst } from "./burst.js";
import { electionsBetween, groupsOf, MemoryWatch, rssMb, termsOf } from "./watch.js";

const TOPIC = "burst";
const AFTER_MS = 10_000;

function endpointsFor(through: Through, cluster: Cluster, leader: string): string[] {
  if (through === "all") return cluster.endpoints;
  const leads = cluster.nodes.filter(({ name }) => (name === leader) === (through === "leader"));
  return leads.slice(0, 1).map(({ endpoint }) => endpoint);
}

async function measure(through: Through, one: Burst): Promise<void> {
  const cluster = await Cluster.start();
  const client = new DisheapClient({ endpoints: cluster.endpoints });
  try {
    await client.createTopic(TOPIC, { partitions: 1, maxPayloadBytes: 4 << 20 });
    await client.enqueue(TOPIC, "first", { priority: -1 });
    const led = (await Promise.all(cluster.nodes.map(groupsOf))).flat();
    const leader = led.find(({ topic, leader: name }) => topic === TOPIC && name !== "")?.leader;
    const before = await termsOf(cluster.nodes);
    const idle = cluster.nodes.map(rssMb);
    const load = loadavg()[0] ?? 0;
    const watch = new MemoryWatch(cluster.nodes);
    const result = await burst(endpointsFor(through, cluster, leader ?? ""), TOPIC, one);
    await sleep(AFTER_MS);
    watch.stop();
    const elections = electionsBetween(before, await termsOf(cluster.nodes));
    const stored = await storedIn(client);
    const lost = (result.codes.get("OK") ?? 0) - (Number(stored) - 1);
    const leads = cluster.nodes.findIndex(({ name }) => name === leader) + 1;
    const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
    const lines = [
      `${one.calls} x ${one.bytes / 1e6} MB through ${through} (n${leads} leads), load ${load.toFixed(1)}:`,
      `  ${[...result.codes].map(([code, n]) => `${code} ${n}`).join(", ")} in ${seconds(result.wallMs)}, ` +
        `first answer ${seconds(result.firstMs)}, last refusal ${seconds(result.lastRefusalMs)}`,
      `  elections ${elections}; stored ${stored}${lost > 0 ? `; LOST ${lost}` : ""}`,
      `  MiB idle ${idle.join(" ")}, most ${watch.most.join(" ")}, after ${cluster.nodes.map(rssMb).join(" ")}`,
      `  course ${watch.course.map((row) => row.join("/")).join(" ")}`,
      ...result.sentences.map((text) => `  "${text}"`),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  } finally {
    await client.close();
    await cluster.close();
  }
}

/** As soon as the partition says it. */
function storedIn(client: DisheapClient): Promise<number> {
  return until("the partition tells its counts", 60_000, async () => {
    const counts = (await client.stats(TOPIC)).topics.get(TOPIC);
    const isTold = counts?.partitions.every(({ healthy }) => healthy) === true;
    return isTold && Number(counts.messages);
  });
}

async function main(): Promise<void> {
  const { help, through, bursts } = readBurstOptions(process.argv.slice(2));
  if (help) {
    console.log(HELP);
    return;
  }
  for (const one of bursts) {
    for (const way of through) await measure(way, one);
  }
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? error.message : error);
  process.exit(isUsage ? 2 : 1);
}
