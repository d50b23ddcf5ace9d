// One call of disheap.v1.Session: a pipe of bytes between the client and the engine, which knows what they mean.
//
// SC1  A frame counts as written when gRPC took it while it took more data: `write()` had not returned false since
//      the last "drain", and less than `TRANSPORT_BYTES` were on their way.
// SC2  The engine hears of the end exactly once, by `gone`, after everything else.

import type { Failure } from "@disheap/core";
import { SessionService } from "@disheap/proto";
import type { MethodDefinition, ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";
import { authStatus } from "./auth.js";
import { toStatus } from "./errors.js";
import type { ServiceContext } from "./unary.js";

/** gRPC would take 16 frames of any size before it pushes back, and what it took cannot be had back. */
const TRANSPORT_BYTES = 1 << 20;
/** What is left to write when the engine ends the session has so long. */
const END_MS_MAX = 5_000;
/** A half-close that no cancel follows within this is one (pop-stream.ts). */
const CANCEL_MAX_MS = 150;

export type SessionDuplex = ServerDuplexStream<Buffer, Uint8Array>;

const asIs = <Bytes>(bytes: Bytes): Bytes => bytes;

/** The service with frames as they come. */
export function sessionDefinition(): ServiceDefinition {
  const { open } = SessionService;
  const raw: MethodDefinition<Uint8Array, Uint8Array> = {
    ...open,
    requestSerialize: (bytes) => Buffer.from(bytes),
    requestDeserialize: asIs,
    responseSerialize: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    responseDeserialize: asIs,
  };
  return { open: raw };
}

export class SessionCall {
  private readonly call: SessionDuplex;
  private readonly context: ServiceContext;
  private sessionId: number | undefined;
  private queue: Uint8Array[] = [];
  private bytesUnderWay = 0;
  private unreported = 0;
  private reportTimer: NodeJS.Immediate | undefined;
  private endTimer: NodeJS.Timeout | undefined;
  /** Set once the engine has ended the session. */
  private ending: { readonly failure: Failure | undefined } | undefined;
  private isOver = false;

  constructor(call: SessionDuplex, context: ServiceContext) {
    this.call = call;
    this.context = context;
  }

  start(): void {
    const { call, context } = this;
    const refusal = authStatus(context.authMode, call.metadata);
    if (refusal !== undefined) {
      this.isOver = true;
      call.emit("error", refusal);
      return;
    }
    call.on("data", (frame: Buffer) => {
      if (this.sessionId !== undefined && !this.isOver) {
        context.carrier.sessionFrame(this.sessionId, frame);
      }
    });
    call.on("end", () => {
      setTimeout(() => {
        if (this.sessionId !== undefined && !this.isOver) {
          context.carrier.sessionHalfClosed(this.sessionId);
        }
      }, CANCEL_MAX_MS);
    });
    call.on("cancelled", () => {
      this.leave();
    });
    call.on("drain", () => {
      this.flush();
    });
    this.sessionId = context.carrier.openSession({
      onFrame: (frame) => {
        this.queue.push(frame);
        this.flush();
      },
      onEnd: (failure) => {
        this.end(failure);
      },
    });
  }

  private get isBlocked(): boolean {
    return this.call.writableNeedDrain || this.bytesUnderWay >= TRANSPORT_BYTES;
  }

  private flush(): void {
    if (this.isOver) return;
    let taken = 0;
    while (taken < this.queue.length && !this.isBlocked) {
      this.write(this.queue[taken] as Uint8Array);
      taken += 1;
    }
    if (taken > 0) this.queue.splice(0, taken);
    if (this.ending !== undefined && this.queue.length === 0) this.finish(this.ending.failure);
  }

  private write(frame: Uint8Array): void {
    this.bytesUnderWay += frame.length;
    this.call.write(frame, () => {
      this.bytesUnderWay -= frame.length;
      if (this.queue.length > 0) this.flush();
    });
    this.unreported += 1;
    // One report for all that is written in this round of the event loop.
    this.reportTimer ??= setImmediate(() => {
      this.report();
    });
  }

  private report(): void {
    clearImmediate(this.reportTimer);
    this.reportTimer = undefined;
    const frames = this.unreported;
    this.unreported = 0;
    if (frames > 0 && this.sessionId !== undefined) {
      this.context.carrier.sessionWritten(this.sessionId, frames);
    }
  }

  /** The engine says nothing more. */
  private end(failure: Failure | undefined): void {
    if (this.isOver || this.ending !== undefined) return;
    this.ending = { failure };
    this.endTimer = setTimeout(() => {
      this.finish(failure);
    }, END_MS_MAX);
    this.endTimer.unref();
    this.flush();
  }

  private finish(failure: Failure | undefined): void {
    if (this.isOver) return;
    this.leave();
    if (failure === undefined) this.call.end();
    else this.call.emit("error", toStatus(failure));
  }

  private leave(): void {
    if (this.isOver) return;
    this.report();
    this.isOver = true;
    this.queue = [];
    clearTimeout(this.endTimer);
    if (this.sessionId !== undefined) this.context.carrier.sessionGone(this.sessionId);
  }
}
