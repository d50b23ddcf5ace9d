// Deliveries of PopStream calls: each is an effect of its own, with ids and tokens as text.

import type { PartitionPlace } from "../../cluster/cluster-state.js";
import type { Failure } from "../../contract/api.js";
import { encodeMessageId } from "../../lib/ulid.js";
import type { HostContext } from "../../member/context.js";
import type { GrantedItem } from "../../wire/messages.js";
import { encodeLeaseToken } from "../lease-token.js";
import type { EdgeStream } from "./edge-stream.js";
import type { StreamCarrier } from "./stream-carrier.js";

export class PopCarrier implements StreamCarrier {
  private readonly context: HostContext;

  constructor(context: HostContext) {
    this.context = context;
  }

  /** What a client of PopStream takes is not known here. */
  problemWith(): undefined {
    return undefined;
  }

  deliver(stream: EdgeStream, place: PartitionPlace, item: GrantedItem, leaseLeftMs: number): void {
    const { group, partition } = place;
    const { index, offset, fence, mac } = item;
    this.context.reply({
      kind: "stream.item",
      streamId: stream.clientStream,
      leaseLeftMs,
      item: {
        messageId: encodeMessageId(item.enqueuedMs, group, index, offset),
        topic: stream.topic,
        partitionId: partition,
        payload: item.payload,
        priorityHi: item.priorityHi,
        priorityLo: item.priorityLo,
        enqueuedMs: item.enqueuedMs,
        leaseToken: encodeLeaseToken({ group, index, offset, fence, mac }),
        leaseDeadlineMs: item.deadlineMs,
        fence,
        attempts: item.attempts,
        maxRetries: item.maxRetries,
        ...(item.producer ? { producer: item.producer } : {}),
      },
    });
  }

  recall(clientStream: number): void {
    this.context.reply({ kind: "stream.recall", streamId: clientStream });
  }

  ended(clientStream: number, failure: Failure | undefined): void {
    this.context.reply({
      kind: "stream.end",
      streamId: clientStream,
      ...(failure ? { failure } : {}),
    });
  }
}
