// One PopStream call (contract section 9). It turns filter and credits into engine events, leaves the
// writing to pop-writer.ts, and bounds what a slow reader can pile up here: the engine is given credits
// only for items there is room for.
//
// POP1  At most `WINDOW_ITEMS` items, and about `WINDOW_BYTES` of them, are with the engine's open credits
//     or wait to be written; while the reader does not read, no further credit is passed on.
// POP2  Items are written in the order in which the engine hands them out, never beyond the credits; what
//     the transport has not taken when the stream ends or is recalled goes back to the engine.
// POP3  The engine hears of the end exactly once: half-close, then nothing or cancel; or cancel alone.

import type { DeliveredItem, Failure } from "@disheap/core";
import type { PopItem, PopOpen } from "@disheap/proto";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { authStatus } from "./auth.js";
import { CreditClock } from "./credit-clock.js";
import { Malformed } from "./definition.js";
import { toStatus } from "./errors.js";
import { PopWriter } from "./pop-writer.js";
import { writePopItem } from "./replies.js";
import { readFilter } from "./requests.js";
import { failureOf, malformedText, type ServiceContext } from "./unary.js";

const CREDITS_MAX = 0xffff_ffff;
export const WINDOW_ITEMS = 1024;
/** Until the first item tells how large they are. */
export const FIRST_WINDOW_ITEMS = 64;
const WINDOW_BYTES = 4 << 20;
/** What an item takes beside its payload, roughly. */
const ITEM_BYTES_MIN = 512;
/** A large item counts for a while: each further one takes a tenth off. */
const SIZE_DECAY = 0.9;
type PopDuplex = ServerDuplexStream<PopOpen | Malformed, PopItem>;

export class PopCall {
  private readonly call: PopDuplex;
  private readonly context: ServiceContext;
  private readonly clock: CreditClock;
  private readonly writer: PopWriter;
  private streamId: number | undefined;
  private hasFilter = false;
  private windowItems = FIRST_WINDOW_ITEMS;
  private itemBytes = 0;
  /** From the client, not yet given to the engine. */
  private creditsHeld = 0;
  /** With the engine, not yet delivered. */
  private creditsOut = 0;
  private isHalfClosed = false;
  private isOver = false;

  constructor(call: PopDuplex, context: ServiceContext) {
    this.call = call;
    this.context = context;
    this.clock = new CreditClock(context.nowMs, context.wallMs);
    this.writer = new PopWriter({
      sink: call,
      nowMs: context.nowMs,
      encode: writePopItem,
      onWritten: (item) => {
        const waitedMs = this.clock.take(item);
        if (waitedMs !== undefined) this.context.metrics.popped(item.topic, waitedMs);
      },
      onRoom: () => {
        if (this.creditsHeld > 0) this.giveCredits();
      },
      report: this.reports(),
    });
  }

  private reports(): ConstructorParameters<typeof PopWriter>[0]["report"] {
    const { carrier } = this.context;
    const tell = (report: (streamId: number) => void): void => {
      if (this.streamId !== undefined) report(this.streamId);
    };
    return {
      written: (count) => {
        tell((id) => {
          carrier.written(id, count);
        });
      },
      returned: (count) => {
        // Their credits are with the engine again.
        this.creditsOut += count;
        tell((id) => {
          carrier.returned(id, count);
        });
      },
      drained: () => {
        tell((id) => {
          carrier.drained(id);
        });
      },
    };
  }

  start(): void {
    const refusal = authStatus(this.context.authMode, this.call.metadata);
    if (refusal !== undefined) {
      this.isOver = true;
      this.call.emit("error", refusal);
      return;
    }
    this.call.on("data", (message: PopOpen | Malformed) => {
      this.onMessage(message);
    });
    this.call.on("end", () => {
      // A client of grpc-js that cancels sends END_STREAM first and RST_STREAM after it: up to 61 ms apart on
      // a busy machine. Taken for a half-close, its leases would keep their whole visibility.
      setTimeout(() => {
        this.onHalfClose();
      }, CANCEL_MAX_MS);
    });
    this.call.on("cancelled", () => {
      this.onCancelled();
    });
    this.streamId = this.context.carrier.openStream({
      onItem: (item, leaseLeftMs) => {
        this.creditsOut -= 1;
        this.fitWindow(item.payload.length);
        this.writer.add(item, leaseLeftMs);
      },
      onRecall: () => {
        this.writer.recall();
      },
      onEnd: (failure) => {
        this.end(failure);
      },
    });
  }

  private onMessage(message: PopOpen | Malformed): void {
    if (this.isOver || this.streamId === undefined) return;
    if (message instanceof Malformed) {
      this.fail({ code: "INVALID_ARGUMENT", message: malformedText(message) });
      return;
    }
    switch (message.kind?.$case) {
      case "filter":
        this.onFilter(this.streamId, message.kind.value);
        break;
      case "flowControl":
        this.onCredits(message.kind.value.credits);
        break;
      case undefined:
        this.fail({
          code: "INVALID_ARGUMENT",
          message: "kind: is empty; send a filter or flow_control.",
        });
        break;
    }
  }

  private onFilter(streamId: number, filter: Parameters<typeof readFilter>[0]): void {
    try {
      this.context.carrier.filter(streamId, readFilter(filter));
    } catch (error) {
      this.fail(failureOf(this.context.log, this.call.getPath(), error));
      return;
    }
    this.hasFilter = true;
    this.giveCredits();
  }

  private onCredits(credits: number): void {
    const room = CREDITS_MAX - this.creditsHeld - this.creditsOut;
    const added = Math.min(credits, room);
    this.creditsHeld += added;
    this.clock.add(added);
    this.giveCredits();
  }

  private fitWindow(payloadBytes: number): void {
    this.itemBytes = Math.max(payloadBytes + ITEM_BYTES_MIN, this.itemBytes * SIZE_DECAY);
    const fitting = Math.floor(WINDOW_BYTES / this.itemBytes);
    this.windowItems = Math.min(WINDOW_ITEMS, Math.max(1, fitting));
  }

  /**
   * Passes on credits in large steps, as far as the window allows (POP1), also before a filter: the engine
   * ends a stream that lost its own (contract section 8), which would hang in silence.
   */
  private giveCredits(): void {
    if (this.streamId === undefined || this.isOver) return;
    const { isBlocked, waiting } = this.writer;
    const room = isBlocked ? 0 : this.windowItems - this.creditsOut - waiting;
    const given = Math.min(room, this.creditsHeld);
    const isStepWorthIt = given === this.creditsHeld || room >= this.windowItems / 2;
    if (given > 0 && isStepWorthIt) {
      this.creditsHeld -= given;
      this.creditsOut += given;
      this.context.carrier.credits(this.streamId, given);
    }
    if (this.isHalfClosed && this.creditsHeld === 0) {
      this.context.carrier.halfClose(this.streamId);
      this.isHalfClosed = false;
    }
  }

  private onHalfClose(): void {
    if (this.isOver) return;
    this.isHalfClosed = true;
    // No filter can come any more, so no room for the rest of the credits.
    if (!this.hasFilter) this.creditsHeld = 0;
    this.giveCredits();
  }

  private onCancelled(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { leaving } = this.writer;
    if (leaving !== undefined && leaving.payload.length > USUAL_PAYLOAD_BYTES) {
      this.context.log.warn(tooLargeText(leaving));
    }
    this.leaveEngine();
  }

  /** Ends the call from this side; the engine hears that the consumer is gone. */
  private fail(failure: Failure): void {
    if (this.isOver) return;
    this.leaveEngine();
    this.end(failure);
  }

  private leaveEngine(): void {
    this.writer.cancel();
    if (this.streamId !== undefined) this.context.carrier.cancel(this.streamId);
  }

  private end(failure: Failure | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.writer.end();
    if (failure === undefined) this.call.end();
    else this.call.emit("error", toStatus(failure));
  }
}

/** A half-close that no cancel follows within this is one. */
const CANCEL_MAX_MS = 150;

/** What clients of gRPC take when nobody told them otherwise, less what a delivery says beside its payload. */
const USUAL_PAYLOAD_BYTES = (4 << 20) - 1024;

function tooLargeText({ topic, messageId, payload }: DeliveredItem): string {
  return (
    `A consumer of ${topic} cancelled its stream within message ${messageId} of ${String(payload.length)} bytes. If ` +
    "its error is RESOURCE_EXHAUSTED, raise its receive limit (grpc.max_receive_message_length), which is 4 MiB where " +
    "nothing is said: nodes deliver up to 14 MiB. It counted as no attempt, and is ready for others."
  );
}
