// The bare log as lines of the bench: what these parts (transport, disk, three processes) carry when nothing
// of a queue stands between them. Lines of the queue are told as ratios to it.

import { measureEndToEnd, SECONDS } from "../lanes/measure.js";
import type { Workload } from "../workloads/workload.js";
import { LimitSubject } from "./limit-subject.js";

export function limit(window: number): Workload {
  const name = `limit-${window}`;
  return {
    name,
    about: `the bare replicated log of the same parts, ${window} enqueues under way`,
    run: async (bench) => {
      const subject = await LimitSubject.start();
      try {
        const seconds = bench.seconds ?? SECONDS;
        const shape = { lanes: 1, window };
        return [await measureEndToEnd(subject, { name, shape, seconds })];
      } finally {
        await subject.close();
      }
    },
  };
}
