// Writes the lease ends that the cluster decides (expiry, also after a shortening) into the history,
// once per log entry: the black-box monitors cannot see them otherwise.

import { encodeMessageId, leaseKey, type MachineEvent } from "@disheap/core";
import type { Rule } from "../oracle/oracle.js";
import type { World } from "../world/world.js";
import type { Recorder } from "./recorder.js";

export class LeaseEnds implements Rule {
  private world: World | undefined;
  private readonly recorder: () => Recorder;
  /** Leases whose end is written down: a fence has one lease, a lease one end. */
  private readonly ended = new Set<string>();

  constructor(recorder: () => Recorder) {
    this.recorder = recorder;
  }

  attach(world: World): void {
    this.world = world;
  }

  machineEvent(
    node: number,
    group: number,
    _index: number,
    stampMs: number,
    event: MachineEvent,
  ): void {
    if (event.kind !== "message.expired") return;
    // Replicas that apply the entry later repeat it.
    const key = `${group}.${leaseKey(event)}`;
    if (this.ended.has(key)) return;
    this.ended.add(key);
    const machine = this.world?.host(node)?.context.groups.get(group)?.machine;
    if (machine?.kind !== "partition") return;
    const { messages } = machine.partition;
    const slot = messages.find(event.index, event.offset);
    const messageId = encodeMessageId(messages.enqueuedMs[slot], group, event.index, event.offset);
    const { fence } = event;
    const value = { topic: machine.topic, messageId, fence, atMs: stampMs };
    this.recorder().event("lease.expired", value);
  }
}
