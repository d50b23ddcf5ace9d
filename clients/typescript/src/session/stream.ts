// One call of disheap.v1.Session on one node: frames as bytes, in both directions.
import type { ClientDuplexStream, Metadata, ServiceError } from "@grpc/grpc-js";
import { SessionService } from "@disheap/proto";
import type { Endpoint } from "../endpoints.js";
import { type DisheapError, fromServiceError } from "../errors.js";

export interface StreamHooks {
  /** What it is for, in messages. */
  name: string;
  onFrame: (frame: Uint8Array) => void;
  /** It takes frames again. */
  onDrain: () => void;
  /** Nothing follows; undefined: it ended in good order. */
  onEnd: (error: DisheapError | undefined) => void;
}

/** How long a node may take to end a session that its client ended. */
const endingMsMax = 2_000;

const bytesOf = (frame: Uint8Array): Buffer =>
  Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);

export class SessionStream {
  readonly #call: ClientDuplexStream<Uint8Array, Uint8Array>;
  #abandoned: DisheapError | undefined;

  constructor(endpoint: Endpoint, metadata: Metadata, hooks: StreamHooks) {
    const { path } = SessionService.open;
    this.#call = endpoint.client.makeBidiStreamRequest<Uint8Array, Uint8Array>(
      path,
      bytesOf,
      (bytes) => bytes,
      metadata,
    );
    let failure: DisheapError | undefined;
    this.#call.on("error", (error: ServiceError) => {
      failure = this.#abandoned ?? fromServiceError(error, hooks.name, endpoint.address);
    });
    // After the error, and after all frames.
    this.#call.on("end", () => hooks.onEnd(failure));
    this.#call.on("drain", hooks.onDrain);
    this.#call.on("data", (frame: Uint8Array) => {
      endpoint.heard();
      hooks.onFrame(frame);
    });
  }

  get isBlocked(): boolean {
    return this.#call.writableNeedDrain;
  }

  write(frame: Uint8Array): void {
    this.#call.write(frame);
  }

  end(): void {
    this.#call.end();
    setTimeout(() => this.#call.cancel(), endingMsMax).unref();
  }

  /** It ends with this error. */
  abandon(error: DisheapError): void {
    this.#abandoned = error;
    this.#call.cancel();
  }
}
