// Memory per queued message: fills one partition and reads every node after a full collection, at a first
// mark and at the end. Between the two the log's tail and the deduplication windows are full and do not
// grow, so what grew is what waiting messages cost.

import { summaryOf } from "../histogram.js";
import { ClosedLoop } from "../load/closed-loop.js";
import {
  createTopic,
  errorText,
  nowMs,
  PAYLOAD_BYTES,
  payloadOf,
  read,
  type Bench,
  type Result,
  type Workload,
} from "./workload.js";

const TOPIC = "bench-memory";
const QUEUED = 200_000;
/** Beyond the log tail's 8 MiB and the deduplication window of one producer. */
const FIRST_MARK = 40_000;
const WINDOW = 256;
/** On a slow machine the filling ends here, with fewer messages. */
const FILL_MAX_MS = 180_000;
const BYTES_MAX = 250;

async function run(bench: Bench): Promise<Result[]> {
  const cluster = await bench.startCluster();
  const client = bench.connect(cluster.endpoints);
  await createTopic(client, TOPIC, 1);
  const startMs = nowMs();
  let number = 0;
  const fill = async (upTo: number): Promise<ClosedLoop> => {
    const loop = new ClosedLoop({
      window: WINDOW,
      operationsMax: upTo - number,
      operation: async () => {
        number += 1;
        await client.enqueue(TOPIC, payloadOf(number), { priority: number % 1_000 });
      },
      nowMs,
    });
    loop.start();
    const timer = setTimeout(() => void loop.stop(), FILL_MAX_MS - (nowMs() - startMs));
    await loop.ended();
    clearTimeout(timer);
    return loop;
  };
  const first = await fill(FIRST_MARK);
  const before = { reading: await read(cluster, true), queued: number };
  const second = await fill(QUEUED);
  const after = { reading: await read(cluster, true), queued: number };
  const phase = second.endPhase();
  const grown = after.queued - before.queued;
  const perMessage = (field: "rssBytes" | "heapBytes" | "externalBytes"): number[] =>
    after.reading.nodes.map((node, i) => {
      const was = before.reading.nodes[i]?.[field] ?? 0;
      return grown === 0 ? 0 : ((node[field] ?? 0) - was) / grown;
    });
  const external = perMessage("externalBytes");
  const heapAndExternalBytes = perMessage("heapBytes").map((heap, i) => heap + (external[i] ?? 0));
  const rssBytes = perMessage("rssBytes");
  // The goal is about what messages hold. Resident memory adds what the process keeps for itself: the
  // store's write buffers, room of the collector's young generation, freed pages not given back.
  const worst = Math.max(...heapAndExternalBytes) - PAYLOAD_BYTES;
  return [
    {
      name: "memory",
      seconds: phase.elapsedMs / 1_000,
      messages: grown,
      perSecond: (grown * 1_000) / phase.elapsedMs,
      failed: first.failed + second.failed,
      ...errorText(first.firstError ?? second.firstError),
      latency: summaryOf(phase.latency),
      memory: { queued: after.queued, heapAndExternalBytes, rssBytes },
      goal: {
        says: `bytes a queued message holds beside its payload, at ${after.queued} queued`,
        value: worst,
        max: BYTES_MAX,
        met: worst <= BYTES_MAX && after.queued >= QUEUED,
      },
    },
  ];
}

export const memory: Workload = {
  name: "memory",
  about: `memory per queued message at ${QUEUED} queued (at most ${FILL_MAX_MS / 1000} s)`,
  run,
};
