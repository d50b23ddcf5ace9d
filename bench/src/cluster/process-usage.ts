// What a process uses, as it sees it itself.

export interface ProcessUsage {
  /** User and system time of all threads. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** JavaScript objects, and what they hold outside of the heap. */
  readonly heapBytes: number;
  readonly externalBytes: number;
}

export function usageOfThisProcess(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    cpuMs: (user + system) / 1000,
    rssBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
  };
}
