// Kills the leader of a partition with SIGKILL and starts it again, a number of times.

import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, until } from "@disheap/harness";
import type { StatsResp } from "@disheap/proto";
import { Metadata } from "@grpc/grpc-js";
import type { Caller } from "./caller.js";
import type { Recorder } from "./recorder.js";

const SETTLED_MAX_MS = 20_000;
/** Traffic between two kills, and time that a dead node stays dead. */
const CALM_MS = 1_000;
const DEAD_MS = 1_500;

export interface ChaosPlan {
  readonly topic: string;
  readonly kills: number;
  readonly partitions: number;
  /** Endpoints of nodes that are down on purpose: from before the kill until they are healthy again. */
  readonly down: Set<string>;
  readonly say: (text: string) => void;
}

/** How often each node was killed. */
export async function runChaos(
  plan: ChaosPlan,
  cluster: Cluster,
  caller: Caller,
  recorder: Recorder,
): Promise<Map<string, number>> {
  const killed = new Map<string, number>();
  for (let kill = 0; kill < plan.kills; kill += 1) {
    await sleep(CALM_MS);
    const partition = kill % plan.partitions;
    const leader = await leaderOf(plan.topic, partition, caller);
    const node = cluster.node(leader);
    plan.say(`killing ${leader}, which leads partition ${String(partition)}`);
    recorder.note("node.killed", { node: leader, partition });
    plan.down.add(node.endpoint);
    await node.kill();
    killed.set(leader, (killed.get(leader) ?? 0) + 1);
    await sleep(DEAD_MS);
    recorder.note("node.started", { node: leader });
    node.start();
    await cluster.healthy();
    plan.down.delete(node.endpoint);
  }
  return killed;
}

function leaderOf(topic: string, partition: number, caller: Caller): Promise<string> {
  const what = `partition ${String(partition)} of ${topic} has a leader`;
  return until(what, SETTLED_MAX_MS, async () => {
    const stats = await readStats(topic, caller);
    const leader = stats.topicStats.get(topic)?.partitionStats.get(partition)?.leaderNode;
    return leader !== "" && leader;
  });
}

export function readStats(topic: string, caller: Caller): Promise<StatsResp> {
  return caller.insist<StatsResp>(
    "Stats",
    (client, options, done) => client.stats({ topic }, new Metadata(), options, done),
    SETTLED_MAX_MS,
  );
}
