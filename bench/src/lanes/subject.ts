// A queue as the bench sees it: something that can be started, gives lanes, tells what its processes use, and
// ends. Ours, the bare log and every foreign queue are measured through this and by the same code.

import type { Reading } from "../cluster/cost.js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import type { ServerUsage } from "../cluster/cost.js";
import type { Lane, LaneEvents } from "../load/end-to-end-load.js";

export interface Subject {
  /** A producer and a consumer; `window` enqueues will be under way on it. */
  openLane(events: LaneEvents, window: number): Promise<Lane>;
  usage(): Promise<readonly ServerUsage[]>;
  close(): Promise<void>;
}

/** Lanes and the window of each. */
export interface Shape {
  readonly lanes: number;
  readonly window: number;
}

export async function readingOf(subject: Subject): Promise<Reading> {
  return { nodes: await subject.usage(), client: usageOfThisProcess() };
}
