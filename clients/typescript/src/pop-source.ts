// Where the deliveries of a consumer come from: a call of PopStream, or a session.
import type { DisheapError } from "./errors.js";

export interface PopSource {
  /** Resolves after the last item: undefined when it ended in good order. */
  readonly ended: Promise<DisheapError | undefined>;
  /** When the first half-close was asked for, monotonic: where it ended in good order, the node lived then. */
  readonly halfClosedMs: number | undefined;
  credit(credits: number): void;
  /** No more credits will come; what was delivered keeps its lease. */
  halfClose(): void;
  /** The node does not answer any more: it ends with this error. */
  abandon(error: DisheapError): void;
  cancel(): void;
}
