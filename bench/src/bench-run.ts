// One run of one line: gives it its means and takes back what it started.

import { DisheapClient } from "@disheap/client";
import { MeasuredCluster } from "./cluster/measured-cluster.js";
import { Patience } from "./patience.js";
import { CpuProfiler } from "./profile/cpu-profiler.js";
import type { Bench, Profiles, Result, Workload } from "./workloads/workload.js";

export interface RunOptions {
  readonly seconds: number | undefined;
  readonly profileFolder: string | undefined;
  readonly progress: (text: string) => void;
}

export async function runOnce(workload: Workload, options: RunOptions): Promise<readonly Result[]> {
  const clients: DisheapClient[] = [];
  const started: MeasuredCluster[] = [];
  const patience = new Patience(workload.name, workload.silentMaxMs);
  const bench: Bench = {
    seconds: options.seconds,
    progress: (text) => {
      patience.progress(text);
      options.progress(text);
    },
    startProfiles: (cluster) => startProfiles(cluster, options.profileFolder),
    startCluster: async (memory) => {
      const cluster = await MeasuredCluster.start(memory);
      started.push(cluster);
      return cluster;
    },
    connect: (endpoints) => {
      const client = new DisheapClient({ endpoints, producerName: "bench" });
      clients.push(client);
      return client;
    },
  };
  try {
    return await Promise.race([workload.run(bench), patience.over]);
  } finally {
    patience.end();
    await Promise.all(clients.map((client) => client.close()));
    for (const cluster of started) await cluster.close();
  }
}

async function startProfiles(
  cluster: MeasuredCluster,
  folder: string | undefined,
): Promise<Profiles> {
  if (folder === undefined) return { stop: () => Promise.resolve() };
  const ofClient = new CpuProfiler();
  await Promise.all(cluster.nodes.map((node) => node.startProfile()));
  await ofClient.start();
  return {
    stop: async (name) => {
      const file = (who: string): string => `${folder}/${name}-${who}.cpuprofile`;
      await ofClient.stop(file("client"));
      await Promise.all(cluster.nodes.map((node) => node.stopProfile(file(node.name))));
    },
  };
}
