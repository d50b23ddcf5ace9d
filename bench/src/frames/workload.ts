// What a frame between nodes costs by its size, over the shipped link: one frame out and 64 bytes back, one at
// a time. CPU of both sides; `servers` is the other side.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePorts } from "@disheap/harness";
import { createGrpcNetwork, type GrpcNetwork } from "@disheap/io/grpc";
import { messageOf } from "../cluster/child-message.js";
import { costOf, type Reading } from "../cluster/cost.js";
import { type ProcessUsage, usageOfThisProcess } from "../cluster/process-usage.js";
import { Histogram, summaryOf } from "../histogram.js";
import { nowMs, type Bench, type Result, type Workload } from "../workloads/workload.js";
import { linkMembers, NO_CARD, PEER } from "./link.js";

const SIZES = [400, 4_000, 22_000, 88_000, 352_000];
const WARMUP_MS = 500;
const SECONDS = 1;
const MAIN = fileURLToPath(new URL("../../dist/frames/peer.js", import.meta.url));

/** The bench's end of the link. */
class Link {
  private readonly network: GrpcNetwork;
  private onUp: () => void = () => undefined;
  private onFrame: () => void = () => undefined;

  constructor(self: string, peer: string) {
    this.network = createGrpcNetwork({
      node: "bench",
      members: linkMembers(self, peer),
      listen: self,
      secret: "",
      isLoopback: true,
      push: (event) => {
        if (event.kind === "peer.hello") this.network.answer(event.call, undefined);
        if (event.kind === "peer.up") this.onUp();
        if (event.kind === "peer.frame") this.onFrame();
      },
      log: () => undefined,
    });
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onUp = resolve;
      this.network.start((problem) => {
        if (problem === undefined) this.network.introduce(NO_CARD);
        else reject(new Error(problem));
      });
    });
  }

  /** There and back. */
  trip(frame: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.onFrame = resolve;
      this.network.send(PEER, frame);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.network.close(resolve));
  }
}

async function measure(
  link: Link,
  peer: ChildProcess,
  size: number,
  seconds: number,
): Promise<Result> {
  const frame = new Uint8Array(size).fill(0x78);
  const read = async (): Promise<Reading> => {
    peer.send("usage");
    const usage = await messageOf<ProcessUsage>(peer);
    return { nodes: [{ name: "peer", ...usage }], client: usageOfThisProcess() };
  };
  let latency = new Histogram();
  const trips = async (forMs: number): Promise<number> => {
    const endMs = nowMs() + forMs;
    let count = 0;
    for (; nowMs() < endMs; count += 1) {
      const startMs = nowMs();
      await link.trip(frame);
      latency.record(nowMs() - startMs);
    }
    return count;
  };
  await trips(WARMUP_MS);
  latency = new Histogram();
  const before = await read();
  const startMs = nowMs();
  const messages = await trips(seconds * 1_000);
  const elapsedMs = nowMs() - startMs;
  return {
    name: `frames-${size}`,
    seconds: elapsedMs / 1_000,
    messages,
    perSecond: (messages * 1_000) / elapsedMs,
    failed: 0,
    latency: summaryOf(latency),
    cost: costOf(before, await read(), messages),
  };
}

async function run(bench: Bench): Promise<Result[]> {
  const ports = await freePorts(2);
  const [self = "", other = ""] = ports.map((port) => `127.0.0.1:${port}`);
  const peer = fork(MAIN, [self, other]);
  const link = new Link(self, other);
  try {
    await messageOf<string>(peer);
    await link.open();
    const results: Result[] = [];
    for (const size of SIZES) {
      bench.progress(`frames of ${size} bytes`);
      results.push(await measure(link, peer, size, bench.seconds ?? SECONDS));
    }
    return results;
  } finally {
    await link.close();
    peer.kill();
  }
}

export const frames: Workload = {
  name: "frames",
  about: "the link between nodes: one frame out and 64 bytes back, by size",
  run,
};
