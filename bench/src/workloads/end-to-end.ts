// From the enqueue to the committed acknowledgement, in several shapes. `stream-*` runs over today's unary
// calls and PopStream; a shape with another `lane` and name is a line of its own.

import { DisheapSubject, type Through } from "../lanes/disheap-subject.js";
import { measureEndToEnd, SECONDS } from "../lanes/measure.js";
import { streamLane, type OpenLane } from "../lanes/stream-lane.js";
import type { Shape } from "../lanes/subject.js";
import type { Lane } from "../load/end-to-end-load.js";
import type { Bench, Profiles, Result, Workload } from "./workload.js";

interface EndToEndShape extends Shape {
  readonly name: string;
  readonly about: string;
  readonly partitions: number;
  readonly through: Through;
  readonly lane: (open: OpenLane) => Lane;
}

const stream = { partitions: 1, lanes: 1, lane: streamLane };

const SHAPES: readonly EndToEndShape[] = [
  ...[1, 64, 256].map((window) => ({
    ...stream,
    name: `stream-${window}`,
    about: `enqueue, delivery, committed ack at the leader, ${window} enqueues under way`,
    through: "leader" as const,
    window,
  })),
  {
    ...stream,
    name: "stream-256-any",
    about: "the same through a node that does not lead",
    through: "other",
    window: 256,
  },
  {
    ...stream,
    name: "stream-16x16",
    about: "the same with 16 clients, 16 enqueues under way for each",
    through: "leader",
    lanes: 16,
    window: 16,
  },
  ...[1, 3, 20].map((partitions) => ({
    ...stream,
    name: `partitions-${partitions}`,
    about: `the same over ${partitions} partitions through all nodes, 256 under way`,
    partitions,
    through: "all" as const,
    window: 256,
  })),
];

async function run(bench: Bench, shape: EndToEndShape): Promise<Result[]> {
  const { name, partitions, through, lane } = shape;
  const cluster = await bench.startCluster();
  const topic = `bench-${name}`;
  const subject = await DisheapSubject.on(bench, cluster, { topic, partitions, through, lane });
  const seconds = bench.seconds ?? SECONDS;
  let profiles: Profiles | undefined;
  const result = await measureEndToEnd(subject, {
    name,
    shape,
    seconds,
    onBegin: async () => {
      profiles = await bench.startProfiles(cluster);
    },
    onEnd: async () => profiles?.stop(name),
  });
  return [{ ...result, leaders: await subject.leaders() }];
}

export const endToEnd: readonly Workload[] = SHAPES.map((shape) => ({
  name: shape.name,
  about: shape.about,
  run: (bench) => run(bench, shape),
}));
