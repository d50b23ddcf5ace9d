// What apply reads beside the state and the entry (D-86). Logs are replayed, so whatever apply decides by has
// to stay what it was when the entry was made: it belongs to a numbered level, which a group names in its
// init entry, and never to a build or to a node's configuration. One file a level; all of it is data.

/** Two seeds of a hash: one for each half of the state hash. */
export type HashSeeds = readonly [number, number];

export interface Level {
  /** From 1, never used twice. */
  readonly number: number;
  /** 0: frozen for ever. Else raised by every commit that changes what apply does, or a format. */
  readonly draft: number;

  // --- grants and leases (delivery/grant.ts, settle.ts) ----------------------------------------------
  /** Payload bytes one grant takes beyond its first message: what it took must fit one frame. */
  readonly grantBytesMax: number;
  /**
   * What the grants of one entry take together, so that applying and answering an entry is a bounded step
   * whoever proposed it (D-89). Who got less asks again.
   */
  readonly entryLeasesMax: number;
  readonly entryGrantBytesMax: number;
  /** Lease life in all, from the grant, however often it is extended (wire contract, section 11). */
  readonly leaseLifeMaxMs: number;
  /** Grace for the leases of an edge whose new life is first seen in a grant. */
  readonly replacedGraceMs: number;
  /** Timers fired per entry; the rest waits for the next entry (D-19). */
  readonly timersPerEntryMax: number;
  /** Retry delays: min(base * 2^(n-1), max) with full jitter (wire contract, section 11; D-17). */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;

  // --- what a partition remembers (delivery/streams.ts, dedup.ts, tombstones.ts) ---------------------
  /** Closed streams per edge. */
  readonly closedStreamsMax: number;
  /** Sequences per producer and epoch. */
  readonly dedupPerProducerMax: number;
  /** A producer is forgotten so long after its last use. */
  readonly dedupWindowMs: number;
  /** Sequences that one entry drops at most: as many as one may bring, so that none are left behind. */
  readonly dedupSweepMax: number;
  /** Settled leases, so that a repeat is OK (D-35). */
  readonly tombstonesMax: number;
  readonly tombstoneMs: number;

  // --- the meta group (cluster/) ---------------------------------------------------------------------
  /** Of one topic, whatever a node's configuration allows: applying its creation is one step. */
  readonly partitionsMax: number;
  /** Of all partitions that ever were. */
  readonly groupMax: number;
  /** Voters of a partition by the replication factor asked for; one that is not listed is taken as it is. */
  readonly voters: Readonly<Record<number, number | undefined>>;

  // --- what is in the state hash (D-63) --------------------------------------------------------------
  readonly hash: {
    readonly level: HashSeeds;
    readonly stamp: HashSeeds;
    readonly macKey: HashSeeds;
    readonly closed: HashSeeds;
    readonly message: HashSeeds;
    readonly edge: HashSeeds;
    readonly stream: HashSeeds;
    readonly tombstone: HashSeeds;
    readonly dedup: HashSeeds;
    readonly producer: number;
    readonly members: HashSeeds;
    readonly nextGroup: HashSeeds;
    readonly deletedSeconds: HashSeeds;
    readonly topic: HashSeeds;
    readonly topicName: number;
    readonly heapId: number;
  };
}

/** Where the parts of a machine read the level in force. */
export interface HasLevel {
  readonly level: Level;
}
