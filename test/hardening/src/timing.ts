// Settings of the nodes of this suite.

import type { Env } from "@disheap/harness";

/** Faster than by default, so that a case spends its time on what it is about. */
export const TIMING: Env = {
  RAFT_TICK_MS: "20",
  RAFT_BEAT_MS: "60",
  RAFT_ELECTION_MIN_MS: "600",
  RAFT_ELECTION_MAX_MS: "1200",
  RAFT_CHECK_QUORUM_MS: "600",
  DISK_STALL_MS: "500",
};
