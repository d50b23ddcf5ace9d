// The rows of a batch of deliveries as the items of a PopStream.

import type { PopItem } from "@disheap/proto";
import { type DeliveryRows, hiAt, loAt, type U64, u32At, u64At } from "@disheap/proto/session";
import { leaseTokenOf, messageIdOf } from "./identifiers.js";

function bigOf({ hi, lo }: U64): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

export function itemsOf(rows: DeliveryRows, topic: string): PopItem[] {
  const count = rows.length.length / 4;
  let from = 0;
  return Array.from({ length: count }, (_, row) => {
    const run = rows.run.findLast(({ firstRow }) => firstRow <= row);
    const { group = 0, partition = 0 } = run ?? {};
    const place = { group, index: u64At(rows.index, row), offset: u32At(rows.offset, row) };
    const stampMs = u64At(rows.enqueuedMs, row);
    const payload = Buffer.from(rows.payload.subarray(from, from + u32At(rows.length, row)));
    from += payload.length;
    const producer = rows.producer.findLast(
      ({ firstRow, count }) => firstRow <= row && row < firstRow + count,
    );
    return {
      messageId: messageIdOf(stampMs, place),
      topic,
      partitionId: partition,
      payload,
      priority: BigInt.asIntN(
        64,
        bigOf({ hi: hiAt(rows.priority, row), lo: loAt(rows.priority, row) }),
      ),
      enqueuedTime: new Date(stampMs),
      leaseToken: leaseTokenOf(rows, row, group),
      leaseDeadline: new Date(u64At(rows.deadlineMs, row)),
      attempts: u32At(rows.attempts, row),
      maxRetries: u32At(rows.maxRetries, row),
      producerId: producer?.producerId,
      epoch: producer && bigOf(producer.epoch),
      sequence: producer && bigOf({ hi: hiAt(rows.sequence, row), lo: loAt(rows.sequence, row) }),
    };
  });
}
