// One call of disheap.v1.Session: a pipe of bytes between the client and the engine, which knows what they mean. The
// writing is in session-writer.ts.
//
// SC2  The engine hears of the end exactly once, by `gone`, after everything else.

import type { Failure } from "@disheap/core";
import { SESSION_END_MS_MAX } from "@disheap/io/carrier";
import { SessionService } from "@disheap/proto";
import type { MethodDefinition, ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";
import { authStatus } from "./auth.js";
import { toStatus } from "./errors.js";
import { SessionWriter } from "./session-writer.js";
import type { ServiceContext } from "./unary.js";

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
  private readonly writer: SessionWriter;
  private sessionId: number | undefined;
  private endTimer: NodeJS.Timeout | undefined;
  /** Set once the engine has ended the session. */
  private ending: { readonly failure: Failure | undefined } | undefined;
  private isOver = false;

  constructor(call: SessionDuplex, context: ServiceContext) {
    this.call = call;
    this.context = context;
    const { carrier } = context;
    this.writer = new SessionWriter({
      sink: call,
      nowMs: context.nowMs,
      report: {
        written: (batches, words) => {
          this.tell((id) => {
            carrier.sessionWritten(id, batches, words);
          });
        },
        returned: (batches) => {
          this.tell((id) => {
            carrier.sessionReturned(id, batches);
          });
        },
        drained: () => {
          this.tell((id) => {
            carrier.sessionDrained(id);
          });
        },
      },
      onDone: () => {
        this.finish();
      },
    });
  }

  private tell(report: (sessionId: number) => void): void {
    if (this.sessionId !== undefined) report(this.sessionId);
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
      this.pass((id) => {
        context.carrier.sessionFrame(id, frame);
      });
    });
    call.on("end", () => {
      setTimeout(() => {
        this.pass((id) => {
          context.carrier.sessionHalfClosed(id);
        });
      }, CANCEL_MAX_MS);
    });
    call.on("cancelled", () => {
      this.leave();
    });
    this.sessionId = context.carrier.openSession({
      onParts: (parts) => {
        this.writer.add(parts);
      },
      onRecall: () => {
        this.writer.recall();
      },
      onEnd: (failure) => {
        this.end(failure);
      },
    });
  }

  /** What the client says is about what it got, so that is said first. */
  private pass(say: (sessionId: number) => void): void {
    if (this.sessionId === undefined || this.isOver) return;
    this.writer.report();
    say(this.sessionId);
  }

  /** The engine says nothing more. */
  private end(failure: Failure | undefined): void {
    if (this.isOver || this.ending !== undefined) return;
    this.ending = { failure };
    this.endTimer = setTimeout(() => {
      this.finish();
    }, SESSION_END_MS_MAX);
    this.endTimer.unref();
    this.writer.end();
  }

  private finish(): void {
    if (this.isOver) return;
    this.leave();
    const failure = this.ending?.failure;
    if (failure === undefined) this.call.end();
    else this.call.emit("error", toStatus(failure));
  }

  private leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.writer.cancel();
    clearTimeout(this.endTimer);
    if (this.sessionId !== undefined) this.context.carrier.sessionGone(this.sessionId);
  }
}
