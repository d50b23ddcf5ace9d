// Between the requests and results of the contract's calls and the columns of a session.

import {
  encodeLeaseToken,
  encodeMessageId,
  ERROR_CODES,
  type ClientRequest,
  type ClientResult,
  type DeliveredItem,
  type ErrorCode,
  GRPC_STATUS,
  type ProducerTriple,
} from "@disheap/core";
import {
  ColumnWriter,
  type DeliveryRows,
  type Draft,
  type EnqueueRows,
  type FailedRange,
  hiAt,
  loAt,
  RETRIES_OF_TOPIC,
  u32At,
  u64At,
} from "@disheap/proto/session";

/** With a whole triple or none: our clients send no half ones. */
export type Enqueue = Extract<ClientRequest, { op: "enqueue" }> & {
  readonly producer?: ProducerTriple;
};

/** Whether `next` can be the row after `last` in one call. */
export function isNextRow(last: Enqueue, next: Enqueue): boolean {
  if (last.topic !== next.topic) return false;
  const [a, b] = [last.producer, next.producer];
  if (!a || !b) return a === b;
  return (
    a.producerId === b.producerId &&
    a.epochLo === b.epochLo &&
    a.sequenceHi === b.sequenceHi &&
    a.sequenceLo + 1 === b.sequenceLo
  );
}

export function enqueueRows(
  requests: readonly Enqueue[],
  call: number,
  handles: { readonly topic: number; readonly producer: number },
): Draft<EnqueueRows> {
  const priority = new ColumnWriter();
  const length = new ColumnWriter();
  const payload = new ColumnWriter();
  const maxRetries = new ColumnWriter();
  const delayMs = new ColumnWriter();
  for (const request of requests) {
    priority.pair(request.priorityHi, request.priorityLo);
    length.u32(request.payload.length);
    payload.raw(request.payload);
    maxRetries.u32(request.maxRetries ?? RETRIES_OF_TOPIC);
    delayMs.u64(request.delayMs ?? 0);
  }
  const hasKeys = requests.some(({ partitionKey }) => partitionKey !== undefined);
  const first = requests.at(0)?.producer;
  return {
    call,
    ...handles,
    ...(first ? { firstSequence: { hi: first.sequenceHi, lo: first.sequenceLo } } : {}),
    priority: priority.view(),
    length: length.view(),
    payload: payload.view(),
    ...(requests.some((one) => one.maxRetries !== undefined)
      ? { maxRetries: maxRetries.view() }
      : {}),
    ...(requests.some((one) => one.delayMs !== undefined) ? { delayMs: delayMs.view() } : {}),
    ...(hasKeys ? { partitionKey: requests.map((one) => one.partitionKey ?? "") } : {}),
  };
}

export function enqueued(
  place: { readonly stampMs: number; readonly group: number; readonly index: number },
  offset: number,
  partitionId: number,
  duplicate: boolean,
): ClientResult {
  const messageId = encodeMessageId(place.stampMs, place.group, place.index, offset);
  return { ok: true, op: "enqueue", messageId, duplicate, partitionId };
}

export function failed({ code, message }: FailedRange): ClientResult {
  const name = codeName(code);
  return { ok: false, failure: { code: name === "OK" ? "INTERNAL" : name, message } };
}

/** 0 is OK. */
export function codeName(code: number): ErrorCode | "OK" {
  if (code === 0) return "OK";
  return ERROR_CODES.find((one) => GRPC_STATUS[one] === code) ?? "INTERNAL";
}

/** Row by row, as PopStream would deliver them. */
export function itemsOf(rows: DeliveryRows, topic: string): DeliveredItem[] {
  const items: DeliveredItem[] = [];
  let at = 0;
  let run = 0;
  for (let row = 0; row < rows.length.length / 4; row += 1) {
    while (run + 1 < rows.run.length && rows.run[run + 1].firstRow <= row) run += 1;
    const { group, partition } = rows.run[run];
    const place = { group, index: u64At(rows.index, row), offset: u32At(rows.offset, row) };
    const fence = u32At(rows.fence, row);
    const mac = rows.mac.slice(row * 16, row * 16 + 16);
    const enqueuedMs = u64At(rows.enqueuedMs, row);
    const bytes = u32At(rows.length, row);
    const producer = rows.producer.find(
      (one) => one.firstRow <= row && row < one.firstRow + one.count,
    );
    items.push({
      messageId: encodeMessageId(enqueuedMs, group, place.index, place.offset),
      topic,
      partitionId: partition,
      payload: rows.payload.subarray(at, at + bytes),
      priorityHi: hiAt(rows.priority, row) | 0,
      priorityLo: loAt(rows.priority, row),
      enqueuedMs,
      leaseToken: encodeLeaseToken({ ...place, fence, mac }),
      leaseDeadlineMs: u64At(rows.deadlineMs, row),
      fence,
      attempts: u32At(rows.attempts, row),
      maxRetries: u32At(rows.maxRetries, row),
      ...(producer
        ? {
            producer: {
              producerId: producer.producerId,
              epochHi: producer.epoch.hi,
              epochLo: producer.epoch.lo,
              sequenceHi: hiAt(rows.sequence, row),
              sequenceLo: loAt(rows.sequence, row),
            },
          }
        : {}),
    });
    at += bytes;
  }
  return items;
}
