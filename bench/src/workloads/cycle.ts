// What a cycle of replication costs whatever is in it, and what a message costs on top: the end-to-end load at
// several windows, and the plane through their CPU. An entry of the log stands for a cycle.

import { DisheapSubject } from "../lanes/disheap-subject.js";
import { measureEndToEnd } from "../lanes/measure.js";
import { streamLane } from "../lanes/stream-lane.js";
import type { Subject } from "../lanes/subject.js";
import { LimitSubject } from "../limit/limit-subject.js";
import { fitPlane } from "../statistics.js";
import type { Result, Workload } from "./workload.js";

const WINDOWS = [16, 64, 256, 1024];
const SECONDS = 3;

/** Of every process, the client's too. */
export function fitText(results: readonly Result[]): string {
  const points = results.flatMap(({ messages, cost }) => {
    if (cost?.messagesPerEntry === undefined) return [];
    const value = (cost.nodesCpu + cost.clientCpu) * messages;
    return [{ first: messages / cost.messagesPerEntry, second: messages, value }];
  });
  const plane = fitPlane(points);
  if (plane === undefined) return "every window had as many messages an entry: no fit";
  const { perFirst, perSecond } = plane;
  return `${perFirst.toFixed(0)} us of CPU an entry + ${perSecond.toFixed(1)} us a message`;
}

async function run(
  name: string,
  seconds: number,
  subjectFor: (window: number) => Promise<Subject>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const window of WINDOWS) {
    const subject = await subjectFor(window);
    try {
      const shape = { lanes: 1, window };
      results.push(await measureEndToEnd(subject, { name: `${name}-${window}`, shape, seconds }));
    } finally {
      await subject.close();
    }
  }
  const says = [fitText(results)];
  return results.map((result, i) => (i + 1 === results.length ? { ...result, says } : result));
}

const ofCluster: Workload = {
  name: "cycle",
  about: "CPU of a replication cycle and of a message, by a fit over windows",
  run: async (bench) => {
    const cluster = await bench.startCluster();
    return run("cycle", bench.seconds ?? SECONDS, (window) =>
      DisheapSubject.on(bench, cluster, {
        topic: `bench-cycle-${window}`,
        partitions: 1,
        through: "leader",
        lane: streamLane,
      }),
    );
  },
};

const ofLimit: Workload = {
  name: "limit-cycle",
  about: "the same of the bare log",
  run: (bench) => run("limit-cycle", bench.seconds ?? SECONDS, () => LimitSubject.start()),
};

export const cycle: readonly Workload[] = [ofCluster, ofLimit];
