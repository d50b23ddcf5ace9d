// A message looked at, not taken: no lease, nothing to settle.
import type { PeekItem } from "@disheap/proto";

export interface PeekOptions {
  partition?: number | undefined;
  /** At most this many messages, up to 1000, and about 2 MiB of payloads (1 MiB of a partition). Default 10. */
  limit?: number | undefined;
  includeDeadLetters?: boolean | undefined;
}

export interface PeekedMessage {
  id: string;
  topic: string;
  partition: number;
  payload: Uint8Array;
  priority: bigint;
  enqueuedAt: Date;
  attempts: number;
  maxRetries: number;
  isLeased: boolean;
  leaseDeadline: Date | undefined;
  isDeadLetter: boolean;
  producerId: string | undefined;
  epoch: bigint | undefined;
  sequence: bigint | undefined;
}

export interface PeekResult {
  items: PeekedMessage[];
  /** There are more than the limit, or than one answer carries. */
  hasMore: boolean;
}

export function fromPeekItem(item: PeekItem): PeekedMessage {
  return {
    id: item.messageId,
    topic: item.topic,
    partition: item.partitionId,
    payload: item.payload,
    priority: item.priority,
    enqueuedAt: item.enqueuedTime ?? new Date(0),
    attempts: item.attempts,
    maxRetries: item.maxRetries,
    isLeased: item.isLeased,
    leaseDeadline: item.leaseDeadline,
    isDeadLetter: item.inDlq,
    producerId: item.producerId,
    epoch: item.epoch,
    sequence: item.sequence,
  };
}
