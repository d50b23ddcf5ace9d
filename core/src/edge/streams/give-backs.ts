// What a node tells the leaders of its streams' partitions, and repeats until it is done: leases that nobody saw
// go back, and streams are closed (D-21, D-91).

import type { PartitionPlace } from "../../cluster/cluster-state.js";
import { leaseKey, type LeaseName } from "../../lib/lease-name.js";
import type { HostContext } from "../../member/context.js";
import type { Operations } from "../requests/operations.js";

/** So long: for as long as tombstones tell of leases. */
export const GIVE_BACK_MS = 600_000;

export class GiveBacks {
  private readonly context: HostContext;
  private readonly operations: Operations;
  /** Leases that a digest named and that are on their way back. */
  private readonly named = new Set<string>();

  constructor(context: HostContext, operations: Operations) {
    this.context = context;
    this.operations = operations;
  }

  release(place: PartitionPlace, { index, offset, fence }: LeaseName, ended?: () => void): void {
    const intent = { kind: "release.undelivered", index, offset, fence } as const;
    this.operations.background(place, intent, GIVE_BACK_MS, ended);
  }

  /** Of a lease that several digests name one release is under way at a time. */
  releaseNamed(place: PartitionPlace, lease: LeaseName): void {
    const name = `${place.group}.${leaseKey(lease)}`;
    if (this.named.has(name)) return;
    this.named.add(name);
    this.release(place, lease, () => this.named.delete(name));
  }

  close(place: PartitionPlace, stream: number, graceMs: number, ended?: () => void): void {
    const { self: edge, incarnation: edgeIncarnation } = this.context;
    const intent = { kind: "stream.close", edge, edgeIncarnation, stream, graceMs } as const;
    this.operations.background(place, intent, GIVE_BACK_MS, ended);
  }
}
