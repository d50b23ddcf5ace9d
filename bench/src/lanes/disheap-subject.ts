// A topic of a cluster as a subject. Each lane has a client of its own, connected to the nodes it is to use.

import type { DisheapClient } from "@disheap/client";
import type { MeasuredCluster } from "../cluster/measured-cluster.js";
import type { ServerUsage } from "../cluster/cost.js";
import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { createTopic, leadersOf, type Bench } from "../workloads/workload.js";
import type { OpenLane } from "./stream-lane.js";
import type { Subject } from "./subject.js";

/** Which nodes the clients are given: all, the one that leads the topic, or one that does not. */
export type Through = "all" | "leader" | "other";

export interface DisheapSubjectOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly through: Through;
  readonly lane: (open: OpenLane) => Lane;
}

export class DisheapSubject implements Subject {
  private readonly bench: Bench;
  private readonly cluster: MeasuredCluster;
  private readonly admin: DisheapClient;
  private readonly options: DisheapSubjectOptions;
  private readonly endpoints: readonly string[];

  private constructor(
    bench: Bench,
    cluster: MeasuredCluster,
    admin: DisheapClient,
    chosen: { options: DisheapSubjectOptions; endpoints: readonly string[] },
  ) {
    this.bench = bench;
    this.cluster = cluster;
    this.admin = admin;
    this.options = chosen.options;
    this.endpoints = chosen.endpoints;
  }

  static async on(
    bench: Bench,
    cluster: MeasuredCluster,
    options: DisheapSubjectOptions,
  ): Promise<DisheapSubject> {
    const admin = bench.connect(cluster.endpoints);
    await createTopic(admin, options.topic, options.partitions);
    const endpoints = await endpointsOf(cluster, admin, options);
    return new DisheapSubject(bench, cluster, admin, { options, endpoints });
  }

  openLane(events: LaneEvents, window: number): Promise<Lane> {
    const client = this.bench.connect(this.endpoints);
    const { topic, lane } = this.options;
    return Promise.resolve(lane({ client, topic, window, events }));
  }

  usage(): Promise<readonly ServerUsage[]> {
    return this.cluster.usage();
  }

  leaders(): Promise<Record<string, number>> {
    return leadersOf(this.admin, this.options.topic);
  }

  /** Clients and cluster belong to the bench, which ends them. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function endpointsOf(
  cluster: MeasuredCluster,
  admin: DisheapClient,
  { topic, through }: DisheapSubjectOptions,
): Promise<readonly string[]> {
  if (through === "all") return cluster.endpoints;
  const leaders = await leadersOf(admin, topic);
  const isLeading = (name: string): boolean => (leaders[name] ?? 0) > 0;
  const wanted = cluster.nodes.find(({ name }) => isLeading(name) === (through === "leader"));
  if (wanted !== undefined) return [wanted.endpoint];
  throw new Error(`${topic}: no node ${through === "leader" ? "leads" : "only follows"} here`);
}
