// How many of everything a node holds in memory for others: what comes and goes must leave these where
// they were. For operators and for tests that look for leaks; made on demand.

export interface Census {
  /** Replicas of this node, and how many of them something is to be done for. */
  readonly groups: number;
  readonly touched: number;
  readonly due: number;
  /**
   * At the leader: credits that stand, asks that wait for a message, queued intents, entries and reads that are
   * waited for, digests that are not told to their end.
   */
  readonly standing: number;
  readonly interests: number;
  readonly queued: number;
  readonly proposed: number;
  readonly reads: number;
  readonly digests: number;
  /** At the edge: streams, closed ones included; log indices remembered for them; requests; known leaders. */
  readonly streams: number;
  readonly handled: number;
  /** Sessions, and their consumers and calls. */
  readonly sessions: number;
  readonly requests: number;
  readonly hints: number;
  /** Groups whose log is read back, and blocks in hand for it. */
  readonly logReads: number;
}
