// Level 1, an open draft: it freezes when columns and checkpoints are done. Until then a commit that changes
// anything here, in what apply does or in a format raises DRAFT (CONTRIBUTING, "Changing what apply does").

import type { Level } from "./level.js";

export const DRAFT = 5;

export const LEVEL_1: Level = Object.freeze({
  number: 1,
  draft: DRAFT,

  grantBytesMax: 1 << 20,
  entryLeasesMax: 4096,
  entryGrantBytesMax: 16 << 20,
  leaseLifeMaxMs: 12 * 3_600_000,
  replacedGraceMs: 5_000,
  timersPerEntryMax: 4096,
  backoffBaseMs: 1000,
  backoffMaxMs: 300_000,

  closedStreamsMax: 4096,
  dedupPerProducerMax: 10_000,
  dedupWindowMs: 24 * 3_600_000,
  dedupSweepMax: 4096,
  tombstonesMax: 262_144,
  tombstoneMs: 600_000,

  partitionsMax: 65_536,
  groupMax: 2 ** 24 - 1,
  // Two replicas on three or more nodes become three full voters, because two cannot lose one (wire
  // contract, section 3).
  voters: Object.freeze({ 0: 3, 2: 3 }),

  hash: Object.freeze({
    level: [0x1e7e1, 0x1e7e2] as const,
    stamp: [0x0ddba11, 0xc0ffee] as const,
    macKey: [1, 2] as const,
    closed: [0x5eed, 0xc105ed] as const,
    message: [0x11, 0x29] as const,
    edge: [0x38b34ae5, 0xa1e38b93] as const,
    stream: [0x2545f491, 0x5bd1e995] as const,
    tombstone: [0x4cf5ad43, 0x1b56c4e9] as const,
    dedup: [0x2f0b4a27, 0x69e3b8d1] as const,
    producer: 0x7f4a7c15,
    members: [0x3e3b1, 0x3e3b2] as const,
    nextGroup: [0x61, 0x67] as const,
    deletedSeconds: [0x62, 0x68] as const,
    topic: [0x31, 0x47] as const,
    topicName: 0x7091c,
    heapId: 0x7091d,
  }),
});
