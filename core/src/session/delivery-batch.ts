// Deliveries of one consumer whose leases end together, in columns: what is granted in one turn, mostly, since a lease
// counts from its request (D-25). They are written together or not at all; their numbers, and what is left of their
// leases, are written when the transport takes them.

import {
  ColumnWriter,
  encodeSessionOut,
  type PartitionRun,
  type ProducerRun,
} from "@disheap/proto/session";
import type { PartitionPlace } from "../cluster/cluster-state.js";
import type { ProducerTriple, SessionPart } from "../contract/api.js";
import type { GrantedItem } from "../wire/messages.js";
import type { Delivery } from "./ring.js";

export class DeliveryBatch implements SessionPart {
  readonly consumer: number;
  readonly clientStream: number;
  /** When the leases end on this node's clock, and what was left of them in the turn that granted them. */
  readonly overMs: number;
  readonly leaseLeftMs: number;
  readonly deliveries: Delivery[] = [];
  private readonly runs: PartitionRun[] = [];
  private readonly producers: { -readonly [Name in keyof ProducerRun]: ProducerRun[Name] }[] = [];
  /** Of the rows up to the last one that has a producer. */
  private readonly sequence = new ColumnWriter(0);
  private readonly index = new ColumnWriter();
  private readonly offset = new ColumnWriter();
  private readonly fence = new ColumnWriter();
  private readonly attempts = new ColumnWriter();
  private readonly maxRetries = new ColumnWriter();
  private readonly priority = new ColumnWriter();
  private readonly enqueuedMs = new ColumnWriter();
  private readonly deadlineMs = new ColumnWriter();
  private readonly mac = new ColumnWriter(256);
  private readonly lengths = new ColumnWriter();
  /** Put together when the transport takes them: then their bytes are known, and copied once. */
  private readonly payloads: Uint8Array[] = [];
  private payloadBytes = 0;

  constructor(consumer: number, clientStream: number, nowMs: number, leaseLeftMs: number) {
    this.consumer = consumer;
    this.clientStream = clientStream;
    this.overMs = nowMs + leaseLeftMs;
    this.leaseLeftMs = leaseLeftMs;
  }

  get rows(): number {
    return this.deliveries.length;
  }

  add(place: PartitionPlace, item: GrantedItem): void {
    const row = this.deliveries.length;
    const { index, offset, fence, mac, producer } = item;
    const { clientStream, overMs } = this;
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
    this.mac.raw(mac);
    this.lengths.u32(item.payload.length);
    this.payloads.push(item.payload);
    this.payloadBytes += item.payload.length;
    if (producer) this.addProducer(row, producer);
  }

  private addProducer(row: number, producer: ProducerTriple): void {
    const { producerId, epochHi, epochLo } = producer;
    const last = this.producers.at(-1);
    const isNext =
      last !== undefined &&
      last.firstRow + last.count === row &&
      last.producerId === producerId &&
      last.epoch.lo === epochLo &&
      last.epoch.hi === epochHi;
    if (isNext) last.count += 1;
    else {
      const epoch = { hi: epochHi, lo: epochLo };
      this.producers.push({ firstRow: row, count: 1, producerId, epoch });
    }
    this.fillSequences(row);
    this.sequence.pair(producer.sequenceHi, producer.sequenceLo);
  }

  /** Rows without a producer have some sequence, too. */
  private fillSequences(rows: number): void {
    while (this.sequence.length < rows * 8) this.sequence.pair(0, 0);
  }

  encode(firstDelivery: number, leaseLeftMs: number): Uint8Array {
    const left = new ColumnWriter(this.rows * 4);
    for (let row = 0; row < this.rows; row += 1) left.u32(leaseLeftMs);
    if (this.producers.length > 0) this.fillSequences(this.rows);
    const payload = new ColumnWriter(this.payloadBytes);
    for (const bytes of this.payloads) payload.raw(bytes);
    const rows = {
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
      leaseLeftMs: left.view(),
      mac: this.mac.view(),
      length: this.lengths.view(),
      payload: payload.view(),
      producer: this.producers,
      sequence: this.sequence.view(),
    };
    return encodeSessionOut({ delivered: [rows] });
  }
}
