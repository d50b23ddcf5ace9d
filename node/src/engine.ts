// What the services need of the engine: events in, a picture of the node on demand. In production it is
// the turn around the host; tests drive the effects by hand.

import type { Census, ClientEvent, NodeStatus } from "@disheap/core";

export interface Engine {
  /** Hands an event to the host's inbox. Never answers directly: effects come to the carrier. */
  submit(event: ClientEvent): void;
  /** Bytes of requests that it holds, for clients and for other nodes. */
  requestBytes(): number;
  /** A request was refused before it came to the engine, since there are too many bytes under way. */
  requestRefused(): void;
  status(): NodeStatus;
  census(): Census;
}
