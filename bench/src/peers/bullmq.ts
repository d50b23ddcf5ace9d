// BullMQ with priorities on one Redis that syncs its log before it answers.

import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { PAYLOAD_BYTES } from "../workloads/workload.js";
import { findProgram } from "./find-programs.js";
import { loadLibrary } from "./libraries.js";
import type { Peer } from "./peer.js";
import { LOOPBACK, type PeerHost } from "./peer-host.js";

interface JobData {
  readonly number: number;
  readonly text: string;
}

interface Options {
  readonly connection: { readonly host: string; readonly port: number; readonly noDelay: true };
}

interface BullMq {
  readonly Queue: new (name: string, options: Options) => Queue;
  readonly Worker: new (
    name: string,
    work: (job: { readonly data: JobData }) => Promise<void>,
    options: Options & { readonly concurrency: number },
  ) => Worker;
}

interface Queue {
  add(
    name: string,
    data: JobData,
    options: { priority: number; removeOnComplete: true; removeOnFail: true },
  ): Promise<unknown>;
  close(): Promise<void>;
}

interface Worker {
  on(event: "completed", listener: (job: { readonly data: JobData }) => void): unknown;
  on(event: "error" | "failed", listener: (first: unknown, error?: unknown) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(isForced: boolean): Promise<void>;
}

const NEED = { program: "redis-server", package: "redis-server" };
const TOPIC = "bench";
/** 0 means without a priority, which is another and faster list. */
const FIRST_PRIORITY = 1;

async function openLane(
  host: PeerHost,
  port: number,
  events: LaneEvents,
  window: number,
): Promise<Lane> {
  const { Queue, Worker } = loadLibrary<BullMq>("bullmq");
  const connection = { host: LOOPBACK, port, noDelay: true as const };
  const queue = new Queue(TOPIC, { connection });
  const work = ({ data }: { readonly data: JobData }): Promise<void> => {
    events.delivered(data.number);
    return Promise.resolve();
  };
  const worker = new Worker(TOPIC, work, { connection, concurrency: window });
  worker.on("completed", ({ data }) => events.settled(data.number));
  worker.on("failed", (_job, error) => events.failed("settle", error));
  // Connections that break when the server is ended.
  worker.on("error", () => undefined);
  await worker.waitUntilReady();
  host.onClose(() => worker.close(true));
  host.onClose(() => queue.close());
  const text = "x".repeat(PAYLOAD_BYTES);
  return {
    enqueue: (number) => {
      const priority = FIRST_PRIORITY + (number % 100);
      const rules = { priority, removeOnComplete: true, removeOnFail: true } as const;
      queue.add("job", { number, text }, rules).then(
        () => events.enqueued(number),
        (error: unknown) => events.failed("enqueue", error),
      );
    },
  };
}

export const bullmq: Peer = {
  name: "bullmq",
  about: "BullMQ with priorities on one Redis with appendfsync always",
  programs: [NEED],
  library: "bullmq",
  doesNot: [
    "replicate: one process, one disk (synced before each answer)",
    "deduplicate repeats, fence late workers; keep full 64-bit priorities (21 bits)",
  ],
  start: async (host) => {
    const [port = 0] = await host.ports(1);
    const settings = {
      port: String(port),
      bind: LOOPBACK,
      dir: host.folder("data"),
      appendonly: "yes",
      appendfsync: "always",
      save: "",
      "maxmemory-policy": "noeviction",
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const program = host.start({ name: "redis", command: [findProgram(NEED), ...args] });
    await host.listens(program, port);
    return {
      openLane: (events, window) => openLane(host, port, events, window),
      usage: () => Promise.resolve(host.usage()),
      close: () => host.close(),
    };
  },
};
