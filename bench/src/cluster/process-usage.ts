// What a process uses, as it sees it itself.

import { GarbageWatch } from "./garbage.js";

export interface ProcessUsage {
  /** User and system time of all threads. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** JavaScript objects, and what they hold outside of the heap. */
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Time in the collector, and bytes on the heap that it found dead, since the first reading. */
  readonly gcMs: number;
  readonly freedBytes: number;
}

const garbage = new GarbageWatch();

export function usageOfThisProcess(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    cpuMs: (user + system) / 1000,
    rssBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    ...garbage.read(),
  };
}
