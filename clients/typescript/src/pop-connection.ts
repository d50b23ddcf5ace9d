// One PopStream call on one node: the filter goes first, credits after it, items come back. It knows
// nothing about other nodes; when the call ends, `ended` says how.
import type { ClientDuplexStream, Metadata, ServiceError } from "@grpc/grpc-js";
import type { PopFilter, PopItem, PopOpen } from "@disheap/proto";
import type { Endpoint } from "./endpoints.js";
import { type DisheapError, fromServiceError } from "./errors.js";
import { timeoutMsMax } from "./limits.js";
import type { PopSource } from "./pop-source.js";

export interface PopListener {
  onItem: (item: PopItem) => void;
  /** How long the node may say nothing once no more credits come; it waits for a partition that does not answer. */
  endingMs: number;
  onOverdue: () => void;
}

export class PopConnection implements PopSource {
  /** Resolves after the last item: undefined when the node ended the stream in good order. */
  readonly ended: Promise<DisheapError | undefined>;
  readonly #call: ClientDuplexStream<PopOpen, PopItem>;
  readonly #listener: PopListener;
  #halfClosedMs: number | undefined;
  #overdue: NodeJS.Timeout | undefined;
  #abandoned: DisheapError | undefined;

  constructor(endpoint: Endpoint, metadata: Metadata, filter: PopFilter, listener: PopListener) {
    this.#listener = listener;
    const call = endpoint.client.popStream(metadata);
    this.#call = call;
    this.ended = new Promise((resolve) => {
      // The error comes before items that are still buffered; "end" comes after all of them.
      let failure: DisheapError | undefined;
      call.on("error", (error: ServiceError) => {
        failure =
          this.#abandoned ?? fromServiceError(error, `pop(${filter.topic})`, endpoint.address);
      });
      call.on("end", () => {
        clearTimeout(this.#overdue);
        resolve(failure);
      });
    });
    call.on("data", (item: PopItem) => {
      endpoint.heard();
      if (this.#halfClosedMs !== undefined) this.#awaitEnd();
      listener.onItem(item);
    });
    call.write({ kind: { $case: "filter", value: filter } });
  }

  get halfClosedMs(): number | undefined {
    return this.#halfClosedMs;
  }

  credit(credits: number): void {
    if (this.#halfClosedMs !== undefined) return;
    this.#call.write({ kind: { $case: "flowControl", value: { credits } } });
  }

  /** No more credits will come: the node ends the stream once they are spent or nothing is ready. */
  halfClose(): void {
    if (this.#halfClosedMs !== undefined) return;
    this.#halfClosedMs = performance.now();
    this.#awaitEnd();
    this.#call.end();
  }

  /** The node does not answer any more: the call ends with this error. */
  abandon(error: DisheapError): void {
    this.#abandoned = error;
    this.#call.cancel();
  }

  cancel(): void {
    this.#call.cancel();
  }

  /** From the last word on. */
  #awaitEnd(): void {
    const { endingMs, onOverdue } = this.#listener;
    clearTimeout(this.#overdue);
    this.#overdue = setTimeout(onOverdue, Math.min(endingMs, timeoutMsMax));
  }
}
