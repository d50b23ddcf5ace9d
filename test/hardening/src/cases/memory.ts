// What a start keeps (rev-A3): a node through which many large messages went holds little when it comes back. The
// payloads are random: what the store can compress says nothing of what it maps.

import { randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EnqueueReq } from "@disheap/proto";
import { Metadata } from "@grpc/grpc-js";
import { type NodeProcess, until } from "@disheap/harness";
import type { Api } from "../api.js";
import { type HardeningCase, Skipped } from "../case.js";
import { expect } from "../expect.js";

const TOPIC = "large";
const MESSAGES = 4_000;
/** So many bytes are on three disks of one machine at once. */
const MESSAGES_OF_THREE = 2_000;
const BYTES = 100_000;
const WINDOW = 16;
const TAKEN_AT_ONCE = 200;
const SETTLE_MS = 30_000;
const RSS_MAX_MIB = 150;

/** MiB of a line of /proc/PID/status. */
function memoryMib({ pid }: NodeProcess, name: "VmRSS" | "RssAnon" | "RssFile"): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
}

async function fill(api: Api, messages: number): Promise<void> {
  let left = messages;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const payload = randomFillSync(Buffer.alloc(BYTES));
      const request = EnqueueReq.fromPartial({ topic: TOPIC, payload, priority: 1n });
      await api.call((client, options, done) =>
        client.enqueue(request, new Metadata(), options, done),
      );
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, one));
}

async function settleAll(api: Api): Promise<void> {
  while ((await api.count(TOPIC)) > 0) {
    const items = await api.pop(TOPIC, { count: TAKEN_AT_ONCE, maxMs: 8_000 });
    await Promise.all(items.map((item) => api.ack(item)));
  }
}

const afterRestart: HardeningCase = {
  name: "memory.restart",
  does: `${String(MESSAGES)} messages of ${String(BYTES / 1000)} kB, all waiting at once, acknowledged; a restart`,
  expects: `less than ${String(RSS_MAX_MIB)} MiB of resident memory ${String(SETTLE_MS / 1000)} s after the node is ready`,
  lane: "own",
  maxMs: 300_000,
  run: async (world) => {
    if (process.platform !== "linux") throw new Skipped("memory is read from /proc");
    const node = await world.running();
    const before = world.api(node);
    await before.makeTopic(TOPIC);
    await fill(before, MESSAGES);
    await settleAll(before);
    await node.restart();
    await node.ready();
    await sleep(SETTLE_MS);
    return judged(node);
  },
};

/** What the node holds, in words. Throws when it is too much. */
function judged(node: NodeProcess): string {
  const mib = memoryMib(node, "VmRSS");
  const parts = (["RssAnon", "RssFile"] as const).map(
    (name) => `${name} ${memoryMib(node, name).toFixed(0)}`,
  );
  const said = `${mib.toFixed(0)} MiB (${parts.join(", ")})`;
  expect(mib < RSS_MAX_MIB, `it holds ${said}`);
  return said;
}

/** Of three nodes the one that leads the topic's partition, as the others see it. */
async function leaderOf(api: Api): Promise<string> {
  const partitions = (await api.stats(TOPIC)).topicStats.get(TOPIC)?.partitionStats;
  return partitions?.get(0)?.leaderNode ?? "";
}

const returnedLeader: HardeningCase = {
  name: "memory.returned-leader",
  does:
    `${String(MESSAGES_OF_THREE)} messages of ${String(BYTES / 1000)} kB through three nodes, acknowledged; the leader ` +
    "is killed, and comes back when another leads",
  expects:
    `it is not sent what it holds (rev-F11): less than ${String(RSS_MAX_MIB)} MiB of resident memory ` +
    `${String(SETTLE_MS / 1000)} s after it is ready`,
  lane: "own",
  maxMs: 300_000,
  run: async (world) => {
    if (process.platform !== "linux") throw new Skipped("memory is read from /proc");
    const cluster = await world.place({ nodes: 3 });
    for (const node of cluster.nodes) node.start();
    await Promise.all(cluster.nodes.map((node) => node.ready()));
    const api = world.api(cluster.node("n1"));
    await api.makeTopic(TOPIC);
    await until("the partition has a leader", 30_000, async () => (await leaderOf(api)) !== "");
    const leader = cluster.node(await leaderOf(api));
    const other = world.api(cluster.nodes.find((node) => node !== leader) ?? leader);
    await fill(other, MESSAGES_OF_THREE);
    await settleAll(other);
    await leader.kill();
    await until("another node leads", 30_000, async () => {
      const name = await leaderOf(other);
      return name !== "" && name !== leader.name;
    });
    leader.start();
    await leader.ready();
    await sleep(SETTLE_MS);
    return judged(leader);
  },
};

export const memoryCases: readonly HardeningCase[] = [afterRestart, returnedLeader];
