// Deliveries of one consumer that wait for the next frame, in columns. They get their numbers when it leaves.

import {
  ColumnWriter,
  type DeliveryRows,
  type Draft,
  type PartitionRun,
  type ProducerRow,
} from "@disheap/proto/session";
import type { PartitionPlace } from "../../cluster/cluster-state.js";
import type { GrantedItem } from "../../wire/messages.js";
import type { Delivery } from "./ring.js";

export class DeliveryBatch {
  readonly consumer: number;
  readonly clientStream: number;
  readonly deliveries: Delivery[] = [];
  private readonly runs: PartitionRun[] = [];
  private readonly producers: ProducerRow[] = [];
  private readonly index = new ColumnWriter();
  private readonly offset = new ColumnWriter();
  private readonly fence = new ColumnWriter();
  private readonly attempts = new ColumnWriter();
  private readonly maxRetries = new ColumnWriter();
  private readonly priority = new ColumnWriter();
  private readonly enqueuedMs = new ColumnWriter();
  private readonly deadlineMs = new ColumnWriter();
  private readonly leaseLeftMs = new ColumnWriter();
  private readonly mac = new ColumnWriter(256);
  private readonly lengths = new ColumnWriter();
  private readonly payload = new ColumnWriter(1024);

  constructor(consumer: number, clientStream: number) {
    this.consumer = consumer;
    this.clientStream = clientStream;
  }

  add(place: PartitionPlace, item: GrantedItem, leaseLeftMs: number, nowMs: number): void {
    const row = this.deliveries.length;
    const { index, offset, fence, mac, producer } = item;
    const { clientStream } = this;
    const overMs = nowMs + leaseLeftMs;
    this.deliveries.push({
      place,
      index,
      offset,
      fence,
      mac,
      clientStream,
      overMs,
      isStarted: false,
    });
    if (this.runs.at(-1)?.group !== place.group) {
      this.runs.push({ firstRow: row, partition: place.partition, group: place.group });
    }
    this.index.u64(index);
    this.offset.u32(offset);
    this.fence.u32(fence);
    this.attempts.u32(item.attempts);
    this.maxRetries.u32(item.maxRetries);
    this.priority.pair(item.priorityHi, item.priorityLo);
    this.enqueuedMs.u64(item.enqueuedMs);
    this.deadlineMs.u64(item.deadlineMs);
    this.leaseLeftMs.u32(leaseLeftMs);
    this.mac.raw(mac);
    this.lengths.u32(item.payload.length);
    this.payload.raw(item.payload);
    if (!producer) return;
    this.producers.push({
      row,
      producerId: producer.producerId,
      epoch: { hi: producer.epochHi, lo: producer.epochLo },
      sequence: { hi: producer.sequenceHi, lo: producer.sequenceLo },
    });
  }

  /** Views of the columns, whose first row is delivery `firstDelivery`. */
  rows(firstDelivery: number): Draft<DeliveryRows> {
    return {
      consumer: this.consumer,
      firstDelivery,
      run: this.runs,
      index: this.index.view(),
      offset: this.offset.view(),
      fence: this.fence.view(),
      attempts: this.attempts.view(),
      maxRetries: this.maxRetries.view(),
      priority: this.priority.view(),
      enqueuedMs: this.enqueuedMs.view(),
      deadlineMs: this.deadlineMs.view(),
      leaseLeftMs: this.leaseLeftMs.view(),
      mac: this.mac.view(),
      length: this.lengths.view(),
      payload: this.payload.view(),
      producer: this.producers,
    };
  }
}
