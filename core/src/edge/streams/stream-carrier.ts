// Who takes a stream's deliveries to its client. Every item that is handed over is settled once, in order:
// written, or given back (outbox.ts).

import type { PartitionPlace } from "../../cluster/cluster-state.js";
import type { Failure } from "../../contract/api.js";
import type { GrantedItem } from "../../wire/messages.js";
import type { EdgeStream } from "./edge-stream.js";

export interface StreamCarrier {
  /** Why the client can never take this item: its stream ends with that. */
  problemWith(clientStream: number, item: GrantedItem): Failure | undefined;
  /** It may be written within `leaseLeftMs`; then its lease is over. */
  deliver(stream: EdgeStream, place: PartitionPlace, item: GrantedItem, leaseLeftMs: number): void;
  /** The client reads too slowly: what the transport has not taken goes back. */
  recall(clientStream: number): void;
  /** Nothing follows; `failure` absent: in good order. */
  ended(clientStream: number, failure: Failure | undefined): void;
}
