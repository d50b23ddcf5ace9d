// The numbers of level 1 (D-86), stated once more: a changed constant of the machine shows. A caller may give
// smaller ones to both sides, so that few steps reach them.

export interface Limits {
  /** Payload bytes one grant takes: the message that reaches the bound is the last. */
  readonly grantBytesMax: number;
  /** What all grants of one entry take together (D-89). */
  readonly entryLeasesMax: number;
  readonly entryGrantBytesMax: number;
  /** From the grant to the last possible deadline, however often a lease is extended. */
  readonly leaseLifeMaxMs: number;
  /** Grace for the leases of an edge whose new life shows in a grant. */
  readonly replacedGraceMs: number;
  /** Timers that one entry fires; the rest waits for the next one (D-19). */
  readonly timersPerEntryMax: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Streams of an edge, from which on closed ones are forgotten. */
  readonly closedStreamsMax: number;
  /** Sequences that are remembered per producer and epoch. */
  readonly dedupPerProducerMax: number;
  /** From a producer's last use until it is forgotten. */
  readonly dedupWindowMs: number;
  /** Sequences that one entry forgets. */
  readonly dedupSweepMax: number;
  /** How leases ended: so many, for so long (D-35). */
  readonly tombstonesMax: number;
  readonly tombstoneMs: number;
}

export const LIMITS: Limits = Object.freeze({
  grantBytesMax: 1_048_576,
  entryLeasesMax: 4_096,
  entryGrantBytesMax: 16_777_216,
  leaseLifeMaxMs: 12 * 3_600_000,
  replacedGraceMs: 5_000,
  timersPerEntryMax: 4_096,
  backoffBaseMs: 1_000,
  backoffMaxMs: 5 * 60_000,
  closedStreamsMax: 4_096,
  dedupPerProducerMax: 10_000,
  dedupWindowMs: 24 * 3_600_000,
  dedupSweepMax: 4_096,
  tombstonesMax: 262_144,
  tombstoneMs: 10 * 60_000,
});

/** A message whose fence has come so far cannot be leased again: it becomes a dead letter. */
export const FENCE_MAX = 2 ** 32 - 1;
