// What the two ways of asking for grants, standing.ts and rounds.ts, need of the streams that they
// serve: this interface stands below them, so that they and streams.ts need not know each other.

import type { PartitionPlace } from "../../cluster/cluster-state.js";
import type { Mode } from "../../contract/api.js";
import type { LeaseName } from "../../lib/lease-name.js";
import type { HostContext } from "../../member/context.js";
import type { GrantedItem } from "../../wire/messages.js";
import type { Operations } from "../requests/operations.js";
import type { EdgeStream, Source } from "./edge-stream.js";

export interface StreamHost {
  readonly context: HostContext;
  readonly operations: Operations;
  modeOf(topic: string): Mode;
  /** Asks for grants as far as credits allow. */
  advance(stream: EdgeStream): void;
  /** Hands one item to the carrier, or gives it back when it may not be written any more. */
  deliver(stream: EdgeStream, source: Source, item: GrantedItem, serial: number): void;
  /** Gives a lease back that nobody saw. */
  release(place: PartitionPlace, lease: LeaseName): void;
  /** Ends a half-closed stream that has nothing left to do. */
  endIfDone(stream: EdgeStream): void;
}

/** The partition's leader names the leases that it holds for the stream: those that never came go back. */
export function askForDigest(streams: StreamHost, stream: EdgeStream, source: Source): void {
  const { group, voters } = source.place;
  streams.context.send(streams.operations.router.leaderOf(group, voters, source.tries), {
    kind: "digest.request",
    group,
    edgeIncarnation: streams.context.incarnation,
    stream: stream.number,
  });
}
