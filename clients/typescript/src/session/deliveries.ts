// The rows of a batch of deliveries, as PopStream would have delivered them.
import type { PopItem } from "@disheap/proto";
import {
  type DeliveryRows,
  hiAt,
  loAt,
  MAC_BYTES,
  type U64,
  u32At,
  u64At,
} from "@disheap/proto/session";
import { idEnd, idStart } from "./message-id.js";

/** `topic`: of the consumer. A payload is a copy: a message that is kept keeps no frame. */
export function itemsOf(rows: DeliveryRows, topic: string): PopItem[] {
  const items: PopItem[] = [];
  const producers = new Map(rows.producer.map((one) => [one.row, one]));
  const runs = [...rows.run];
  let run = runs.shift();
  let from = 0;
  for (let row = 0; row < rows.length.length / 4; row += 1) {
    while (runs[0] !== undefined && runs[0].firstRow <= row) run = runs.shift();
    const { group = 0, partition = 0 } = run ?? {};
    const place = { stampMs: u64At(rows.enqueuedMs, row), group, index: u64At(rows.index, row) };
    const offset = u32At(rows.offset, row);
    const to = from + u32At(rows.length, row);
    const mac = rows.mac.subarray(row * MAC_BYTES, (row + 1) * MAC_BYTES);
    const producer = producers.get(row);
    items.push({
      messageId: idStart(place) + idEnd(place, offset),
      topic,
      partitionId: partition,
      payload: Buffer.from(rows.payload.subarray(from, to)),
      priority: (BigInt(hiAt(rows.priority, row) | 0) << 32n) | BigInt(loAt(rows.priority, row)),
      enqueuedTime: new Date(place.stampMs),
      leaseToken: tokenOf({ ...place, offset }, u32At(rows.fence, row), mac),
      leaseDeadline: new Date(u64At(rows.deadlineMs, row)),
      attempts: u32At(rows.attempts, row),
      maxRetries: u32At(rows.maxRetries, row),
      producerId: producer?.producerId,
      epoch: producer && bigOf(producer.epoch),
      sequence: producer && bigOf(producer.sequence),
    });
    from = to;
  }
  return items;
}

/** Eight hexadecimal digits of the fence, and base64url of the place (24, 42 and 14 bits) and the MAC. */
function tokenOf(
  { group, index, offset }: { group: number; index: number; offset: number },
  fence: number,
  mac: Uint8Array,
): string {
  const body = Buffer.alloc(10 + MAC_BYTES);
  body.writeUIntBE(group, 0, 3);
  body.writeUIntBE(Math.floor(index / 2 ** 18), 3, 3);
  body.writeUInt32BE((index % 2 ** 18) * 2 ** 14 + offset, 6);
  body.set(mac, 10);
  return fence.toString(16).padStart(8, "0") + body.toString("base64url");
}

function bigOf({ hi, lo }: U64): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}
