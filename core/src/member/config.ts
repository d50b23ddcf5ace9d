// What a host is told at start. All of it is plain data; nothing in the core reads an environment.

export interface ClusterMember {
  readonly name: string;
  /** host:port of the peer port. */
  readonly address: string;
}

/** Timing in milliseconds (D-59). Ticks are derived from tickMs. */
export interface TimingConfig {
  readonly tickMs: number;
  readonly beatMs: number;
  readonly electionMinMs: number;
  readonly electionMaxMs: number;
  readonly checkQuorumMs: number;
  readonly diskStallMs: number;
}

/** What a leader or an edge goes by. Nothing of it may reach apply: its rules are the level's (D-86). */
export interface LimitsConfig {
  /** Blocks that one append message may carry, and their bytes. */
  readonly appendBlocksMax: number;
  readonly appendBytesMax: number;
  /** Append messages in flight to one follower of one group. */
  readonly inflightAppendsMax: number;
  /**
   * Requests' intents that one entry may carry, and their bytes. Grants may add as many again, and ids have
   * room for 16,384 together (D-10): at most 8,192.
   */
  readonly entryIntentsMax: number;
  readonly entryBytesMax: number;
  /**
   * Clients' intents that wait for one leader, and their bytes, before it refuses more. What nodes ask
   * themselves (releases, closes) has as many rows again.
   */
  readonly queueIntentsMax: number;
  readonly queueBytesMax: number;
  /** Bytes of log tail kept in memory per group. */
  readonly logTailBytesMax: number;
  /** Budget of one turn: events stepped and their bytes, bytes proposed, entries and bytes applied. */
  readonly turnEventsMax: number;
  readonly turnEventBytesMax: number;
  readonly turnProposeBytesMax: number;
  readonly turnApplyEntriesMax: number;
  readonly turnApplyBytesMax: number;
  /** Rows of partitions that reads and digests look at in one turn; what is begun with a row left may go on. */
  readonly turnRowsMax: number;
  /** Bulk that one peer gets at a time; a message that is begun within it still goes. */
  readonly turnBulkBytesMax: number;
  /** The largest message of a client, in bytes; a payload is smaller by what an item carries beside it. */
  readonly messageBytesMax: number;
  readonly partitionsPerTopicMax: number;
  /**
   * What clients may make of a node, all groups together (D-92): bytes of requests under way, open streams and sessions;
   * and of the cluster, decided by the leader of the meta group: topics, and partitions of all topics.
   */
  readonly requestBytesMax: number;
  readonly streamsMax: number;
  readonly sessionsMax: number;
  readonly topicsMax: number;
  readonly groupsMax: number;
  /** Of entries that leaders on this node proposed and have not applied, all groups together. */
  readonly proposedBytesMax: number;
  /** On their way to one other node: log to it as a follower, and large requests to it as a leader, each. */
  readonly linkBytesMax: number;
  /** What a partition may hold for producers before its leader refuses new ones, in bytes. */
  readonly producerBytesMax: number;
}

export interface DefaultsConfig {
  readonly visibilityMs: number;
  readonly disconnectGraceMs: number;
  readonly requestTimeoutMs: number;
  readonly streamIdleTimeoutMs: number;
  /** Of topics that name none; absent: 3, or as many as there are members. */
  readonly replicationFactor?: number;
  /** A consumer that takes nothing for so long gets back in line; at most half its visibility. */
  readonly streamStallMs: number;
}

export interface HostConfig {
  /** This node's name; one of the members. */
  readonly node: string;
  /** The machine it runs on, as its operator calls it; default: the node's name. Recorded at formation. */
  readonly machine?: string;
  /** Where the members are. While a cluster forms: the same list, in the same order, on every node (D-88). */
  readonly members: readonly ClusterMember[];
  /** 64 bits of entropy of this process: jitter and entry seeds are hashes of it and counters. */
  readonly seedHi: number;
  readonly seedLo: number;
  /** Four u32, 128 bits of entropy of their own: for the keys of lease tokens and nothing else. */
  readonly keySeed: readonly [number, number, number, number];
  readonly timing: TimingConfig;
  readonly limits: LimitsConfig;
  readonly defaults: DefaultsConfig;
}

export const DEFAULT_TIMING: TimingConfig = {
  tickMs: 50,
  beatMs: 100,
  electionMinMs: 1500,
  electionMaxMs: 3000,
  checkQuorumMs: 1500,
  diskStallMs: 1000,
};

export const DEFAULT_LIMITS: LimitsConfig = {
  appendBlocksMax: 64,
  appendBytesMax: 1 << 20,
  inflightAppendsMax: 32,
  entryIntentsMax: 4096,
  entryBytesMax: 4 << 20,
  queueIntentsMax: 65_536,
  queueBytesMax: 128 << 20,
  logTailBytesMax: 8 << 20,
  turnEventsMax: 4096,
  turnEventBytesMax: 8 << 20,
  turnProposeBytesMax: 8 << 20,
  turnApplyEntriesMax: 1024,
  turnApplyBytesMax: 4 << 20,
  turnRowsMax: 16_384,
  turnBulkBytesMax: 4 << 20,
  messageBytesMax: 4 << 20,
  partitionsPerTopicMax: 100,
  requestBytesMax: 256 << 20,
  streamsMax: 20_000,
  sessionsMax: 1000,
  topicsMax: 10_000,
  groupsMax: 10_000,
  proposedBytesMax: 32 << 20,
  linkBytesMax: 16 << 20,
  producerBytesMax: 64 << 20,
};

export const DEFAULT_DEFAULTS: DefaultsConfig = {
  visibilityMs: 30_000,
  disconnectGraceMs: 5_000,
  requestTimeoutMs: 10_000,
  streamIdleTimeoutMs: 0,
  streamStallMs: 5_000,
};

/** Nobody waits longer for a leader, not even a node that is alone. */
const ELECTION_MAX_MS = 60_000;
/** A vote is two syncs and a way there and back, which take so long now and then where nothing is wrong. */
const ELECTION_MIN_MS = 200;
const DISK_STALL_MIN_MS = 100;
/** Candidates that begin closer to each other than a vote takes split it; and draws are whole ticks. */
const ELECTION_SPREAD_MIN_MS = 100;
const ELECTION_SPREAD_MIN_TICKS = 4;

/** Says in one sentence what is wrong with a timing, or nothing (D-59). */
export function timingProblem(timing: TimingConfig): string | undefined {
  if (timing.tickMs < 1 || timing.beatMs < timing.tickMs) {
    return "beatMs must be at least tickMs, and tickMs at least 1.";
  }
  if (timing.diskStallMs < DISK_STALL_MIN_MS) {
    return `diskStallMs must be at least ${DISK_STALL_MIN_MS}: a healthy disk takes that long now and then.`;
  }
  if (timing.diskStallMs >= timing.checkQuorumMs) {
    return "diskStallMs must be below checkQuorumMs: a stalled disk must be noticed before its leader is given up.";
  }
  // Beats go with ticks: at the first one that is due.
  const beatMs = Math.ceil(timing.beatMs / timing.tickMs) * timing.tickMs;
  if (beatMs * 2 > timing.checkQuorumMs) {
    return (
      "beatMs, rounded up to a multiple of tickMs, must be at most half of checkQuorumMs: " +
      "one late heartbeat must not make a leader step down."
    );
  }
  if (timing.checkQuorumMs > timing.electionMinMs) {
    return "checkQuorumMs must not exceed electionMinMs: a leader that is cut off must step down before another one is elected.";
  }
  if (timing.electionMinMs < ELECTION_MIN_MS) {
    return `electionMinMs must be at least ${ELECTION_MIN_MS}: a vote takes that long now and then.`;
  }
  const spreadMs = Math.max(ELECTION_SPREAD_MIN_MS, ELECTION_SPREAD_MIN_TICKS * timing.tickMs);
  if (timing.electionMaxMs - timing.electionMinMs < spreadMs) {
    return (
      `electionMaxMs must be at least ${ELECTION_SPREAD_MIN_MS} ms above electionMinMs, and at least ` +
      `${ELECTION_SPREAD_MIN_TICKS} times tickMs: nodes that stand for election at the same time elect nobody.`
    );
  }
  if (timing.electionMaxMs > ELECTION_MAX_MS) {
    return `electionMaxMs must not exceed ${ELECTION_MAX_MS}: after a start it may take so long until there is a leader.`;
  }
  return undefined;
}
