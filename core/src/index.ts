export * from "./lib/assert.js";
export * from "./lib/hash.js";
export * from "./lib/crc32.js";
export * from "./lib/bytes.js";
export * from "./lib/int64.js";
export { SequenceTable } from "./lib/sequence-table.js";
export * from "./lib/ulid.js";
export * from "./contract/api.js";
export * from "./member/config.js";
export * from "./member/status.js";
export type { Census } from "./member/census.js";
export * from "./member/observer.js";
export type { OutgoingFrame } from "./member/context.js";
export type { BudgetName, BudgetUse } from "./member/budgets.js";
export type { CardVerdict } from "./host/lives.js";
export { recordProblem } from "./host/start-problems.js";
export { encodeCard } from "./wire/peer-card.js";
export {
  decodeIdentity,
  encodeIdentity,
  idText,
  type Founding,
  type NodeIdentity,
} from "./wire/identity-record.js";
export { Host } from "./host/host.js";
export type { HostEvent } from "./host/host-event.js";
export { Replica, type GroupMachine } from "./member/replica.js";
export { decodeLeaseToken, encodeLeaseToken, type LeaseToken } from "./edge/lease-token.js";
export type { Batch, StoreOp } from "./store/persistence.js";
export type { LogRead } from "./store/log-reads.js";
export { RaftGroup, type Role } from "./raft/group.js";
export { Partition } from "./delivery/partition.js";
export { State } from "./delivery/message-store.js";
export { LeaseEnd } from "./delivery/lease-end.js";
export type { MachineEvent, MessageRef } from "./delivery/events.js";
export type { IntentResult } from "./machine/results.js";
export { levelProblem, NEWEST_LEVEL } from "./machine/levels/known.js";
export type { Level } from "./machine/levels/level.js";
export { backoffCeilingMs, backoffMs } from "./delivery/backoff.js";
export { ClusterMachine } from "./cluster/cluster.js";
export type { PartitionPlace, TopicRecord } from "./cluster/cluster-state.js";
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
export { decodeFrame, FRAME_BYTES_MAX, MESSAGE_BYTES_MAX } from "./wire/frames.js";
export {
  blockKeyParts,
  decodeHardState,
  hardStateKey,
  keyNumber,
  Tag,
  type HardState,
} from "./wire/disk-records.js";
export type { PeerMessage } from "./wire/messages.js";
