// What every workload gets and gives.

import type { DisheapClient } from "@disheap/client";
import { type Cost, costOf, type Reading } from "../cluster/cost.js";
import type { MeasuredCluster, MemorySettings } from "../cluster/measured-cluster.js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import type { LatencySummary } from "../histogram.js";

export const PAYLOAD_BYTES = 256;
export const REPLICAS = 3;

export interface Workload {
  readonly name: string;
  /** One line for the list. */
  readonly about: string;
  /** It takes so long that it runs only when it is named. */
  readonly isLong?: boolean;
  /** How long it may say nothing, in place of the usual limit. */
  readonly silentMaxMs?: number;
  run(bench: Bench): Promise<readonly Result[]>;
}

/** One row of figures. */
export interface Result {
  readonly name: string;
  readonly seconds: number;
  readonly messages: number;
  readonly perSecond: number;
  readonly failed: number;
  readonly firstError?: string;
  readonly latency?: LatencySummary;
  /** How far deliveries are behind enqueues, where a load does not wait for them. */
  readonly behind?: BehindFigures;
  /** Lines that only this workload can say, under its row. */
  readonly says?: readonly string[];
  /** Parts of the latency, and what else was timed. */
  readonly parts?: Readonly<Record<string, LatencySummary>>;
  readonly cost?: Cost;
  readonly memory?: MemoryFigures;
  /** Names of the nodes that lead the topic's partitions, with how many. */
  readonly leaders?: Readonly<Record<string, number>>;
  /** What the workload promised to keep, and whether it did. */
  readonly goal?: {
    readonly says: string;
    readonly value: number;
    readonly max: number;
    readonly met: boolean;
  };
}

export interface BehindFigures {
  readonly enqueuedPerSecond: number;
  /** Enqueued and not acknowledged at the end of the measured part, and how much that grew in it. */
  readonly messages: number;
  readonly grewBy: number;
  /** How long the rest took without new enqueues; undefined: it was not gone in time. */
  readonly drainedMs: number | undefined;
  readonly left: number;
}

export interface MemoryFigures {
  readonly queued: number;
  /** Per node, of the growth from the first reading to the last, per message. */
  readonly heapAndExternalBytes: readonly number[];
  readonly rssBytes: readonly number[];
}

/** The means of a run: a fresh cluster when asked for, a client, readings, profiles. */
export interface Bench {
  /** Replaces the workload's own length, in seconds. */
  readonly seconds: number | undefined;
  startCluster(memory?: MemorySettings): Promise<MeasuredCluster>;
  connect(endpoints: readonly string[]): DisheapClient;
  /** Says on the terminal how far a long part is; a workload that is silent for minutes is ended. */
  readonly progress: (text: string) => void;
  startProfiles(cluster: MeasuredCluster): Promise<Profiles>;
}

/** CPU profiles under way; nothing happens where none are wanted. */
export interface Profiles {
  stop(name: string): Promise<void>;
}

export function nowMs(): number {
  return performance.now();
}

export async function read(cluster: MeasuredCluster, collectGarbage = false): Promise<Reading> {
  const nodes = await cluster.usage({ collectGarbage });
  return { nodes, client: usageOfThisProcess() };
}

/** Readings around a phase; `messages` counts at each reading what was completed by then. */
export class Meter {
  private readonly bench: Bench;
  private readonly cluster: MeasuredCluster;
  private readonly name: string;
  private readonly messages: () => number;
  private profiles: Profiles | undefined;
  private before: { readonly reading: Reading; readonly messages: number } | undefined;

  constructor(bench: Bench, cluster: MeasuredCluster, name: string, messages: () => number) {
    this.bench = bench;
    this.cluster = cluster;
    this.name = name;
    this.messages = messages;
  }

  async begin(): Promise<void> {
    this.profiles = await this.bench.startProfiles(this.cluster);
    this.before = { reading: await read(this.cluster), messages: this.messages() };
  }

  async end(): Promise<Cost> {
    const after = { reading: await read(this.cluster), messages: this.messages() };
    const { before } = this;
    if (before === undefined) throw new Error("a meter ends only what it began");
    await this.profiles?.stop(this.name);
    return costOf(before.reading, after.reading, after.messages - before.messages);
  }
}

/** A payload of the bench's size that starts with its number, so that a delivery can be told. */
export function payloadOf(number: number): Uint8Array {
  const payload = Buffer.alloc(PAYLOAD_BYTES, 0x78);
  payload.writeUInt32LE(number, 0);
  return payload;
}

export function numberOf(payload: Uint8Array): number {
  return Buffer.from(payload.buffer, payload.byteOffset, 4).readUInt32LE(0);
}

export async function createTopic(
  client: DisheapClient,
  topic: string,
  partitions: number,
): Promise<void> {
  await client.createTopic(topic, {
    partitions,
    replicationFactor: REPLICAS,
    visibilityMs: 300_000,
  });
  // Every partition has a leader once it answers: stats asks all of them.
  await client.stats(topic);
}

export async function leadersOf(
  client: DisheapClient,
  topic: string,
): Promise<Record<string, number>> {
  const { topics } = await client.stats(topic);
  const leaders: Record<string, number> = {};
  for (const { leader } of topics.get(topic)?.partitions ?? []) {
    leaders[leader] = (leaders[leader] ?? 0) + 1;
  }
  return leaders;
}

/** How a failure shows in the result: the message alone. */
export function errorText(error: unknown): { firstError?: string } {
  if (error === undefined) return {};
  return { firstError: error instanceof Error ? error.message : "not an Error" };
}
