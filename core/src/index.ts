export * from "./lib/assert.js";
export * from "./lib/hash.js";
export * from "./lib/crc32.js";
export * from "./lib/bytes.js";
export * from "./lib/int64.js";
export { leaseKey, type LeaseName, type MessageRef } from "./lib/lease-name.js";
export { isSameStream, type StreamName } from "./lib/stream-name.js";
export { SequenceTable } from "./lib/sequence-table.js";
export * from "./lib/ulid.js";
export * from "./contract/api.js";
export { PARTITIONS_MAX, REPLICATION_FACTOR_MAX } from "./contract/limits/topics.js";
export { HOUR_MS, ITEM_OVERHEAD_BYTES, VISIBILITY_MAX_MS } from "./contract/limits/units.js";
export { ERROR_CODES, GRPC_STATUS } from "./contract/error-codes.js";
export * from "./member/config.js";
export * from "./member/status.js";
export type { Census } from "./member/census.js";
export * from "./member/observer.js";
export type { BudgetName, BudgetUse } from "./member/budgets.js";
export { recordProblem } from "./host/start-problems.js";
export { encodeCard } from "./wire/peer-card.js";
export { decodeIdentity, encodeIdentity, idText } from "./wire/identity-record.js";
export { Host } from "./host/host.js";
export type { HostEvent, NetworkEvent } from "./host/host-event.js";
export { Replica } from "./member/replica.js";
export { decodeLeaseToken, encodeLeaseToken, type LeaseToken } from "./edge/lease-token.js";
export type { DiskEntry, DiskEvent, DiskOp } from "./store/disk.js";
export { RaftGroup } from "./raft/group.js";
export type { Role } from "./raft/role.js";
export { Partition } from "./delivery/partition.js";
export { State } from "./delivery/message-store.js";
export { LeaseEnd } from "./delivery/lease-end.js";
export type { MachineEvent } from "./delivery/events.js";
export type { IntentResult } from "./machine/results.js";
export { NEWEST_LEVEL } from "./machine/levels/known.js";
export { ClusterMachine } from "./cluster/cluster.js";
export type { TopicRecord } from "./cluster/cluster-state.js";
export {
  eachEntry,
  decodeBlock,
  encodeBlock,
  EntryKind,
  type Block,
  type EntryView,
} from "./wire/blocks.js";
export { rowsIn, rowsOf, type RowIntent } from "./wire/intent-rows.js";
export { decodeIntent, encodeIntent, readIntent, type Intent } from "./wire/intents.js";
export { decodeFrame, FRAME_BYTES_MAX, FrameBuilder, MESSAGE_BYTES_MAX } from "./wire/frames.js";
export { blockKeyParts, decodeHardState, Tag, type HardState } from "./wire/disk-records.js";
export type { PeerMessage } from "./wire/messages.js";
