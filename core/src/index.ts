export * from "./lib/assert.js";
export * from "./lib/hash.js";
export * from "./lib/crc32.js";
export * from "./lib/bytes.js";
export * from "./lib/int64.js";
export { SequenceTable } from "./lib/sequence-table.js";
export * from "./lib/ulid.js";
export * from "./host/api.js";
export * from "./host/node-config.js";
export * from "./host/status.js";
export * from "./host/observer.js";
export { clusterIdOf, type OutgoingFrame } from "./host/context.js";
export { Host, type HostEvent } from "./host/host.js";
export { GroupSlot, type Machine } from "./host/group-slot.js";
export { decodeLeaseToken, encodeLeaseToken, type LeaseToken } from "./host/lease-token.js";
export type { Batch, StoreOp } from "./host/persistence.js";
export type { LogRead } from "./host/log-reads.js";
export { RaftGroup, type Role } from "./raft/group.js";
export { Partition, type PartitionLimits } from "./delivery/partition.js";
export { State } from "./delivery/message-store.js";
export type { IntentResult, MachineEvent, MessageRef } from "./delivery/events.js";
export { backoffCeilingMs, backoffMs } from "./delivery/backoff.js";
export { ClusterMachine, type PartitionPlace, type TopicRecord } from "./cluster/cluster.js";
export { placeReplicas, rendezvous } from "./cluster/placement.js";
export {
  eachEntry,
  decodeBlock,
  encodeBlock,
  EntryKind,
  type Block,
  type EntryView,
} from "./wire/blocks.js";
export { decodeIntent, encodeIntent, readIntent, type Intent } from "./wire/intents.js";
export { decodeFrame, FRAME_BYTES_MAX } from "./wire/frames.js";
export {
  blockKeyParts,
  decodeHardState,
  hardStateKey,
  keyNumber,
  Tag,
  type HardState,
} from "./wire/disk-records.js";
export type { PeerMessage } from "./wire/messages.js";
