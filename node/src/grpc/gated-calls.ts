// Calls at the receive gate. The gate has to know how large a message is before the message is in memory, and
// grpc-js tells only when it has it whole; so the first bytes of the HTTP/2 stream are looked at. That stream is
// a private field of grpc-js: its version is pinned, and calls fail loudly when the field is not there.

import { constants, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
  status as Status,
} from "@grpc/grpc-js";
import type { Entrant, ReceiveGate } from "./receive-gate.js";

const SWEEP_MS = 100;
/** Before each message: a flag, and its length as u32. */
const HEAD_BYTES = 5;

const TOO_MUCH = {
  code: Status.RESOURCE_EXHAUSTED,
  details:
    "This node has as many bytes of requests under way as it may (REQUEST_BYTES_MAX). Wait for answers before " +
    "sending more, or spread the load over the nodes.",
};
const STUCK = {
  code: Status.RESOURCE_EXHAUSTED,
  details:
    "The message did not arrive, and others need the room that was kept for it (REQUEST_BYTES_MAX). Send it " +
    "again when the connection is better.",
};

/** Lets calls through the gate by the size of their first message, and stops with `stop`. */
export function gatedCalls(
  gate: ReceiveGate,
  messageBytesMax: number,
  onRefused: () => void,
): { readonly interceptor: ServerInterceptor; stop(): void } {
  const timer = setInterval(() => gate.sweep(), SWEEP_MS);
  timer.unref();
  const interceptor: ServerInterceptor = (_method, call) => {
    let entrant: Entrant | undefined;
    const stream = streamOf(call);
    const refuse = (status: typeof TOO_MUCH): void => {
      onRefused();
      call.sendStatus(status);
      // The rest of the message need not be sent.
      stream.close(constants.NGHTTP2_NO_ERROR);
    };
    stream.once("data", (first: Buffer) => {
      const bytes = first.length < HEAD_BYTES ? messageBytesMax : first.readUInt32BE(1);
      const isWhole = first.length >= HEAD_BYTES && first.length >= HEAD_BYTES + bytes;
      // What is too large is refused by grpc-js.
      if (isWhole || bytes > messageBytesMax) return;
      stream.pause();
      entrant = gate.enter(
        bytes,
        () => {
          stream.resume();
        },
        () => {
          refuse(STUCK);
        },
      );
      if (entrant === undefined) {
        refuse(TOO_MUCH);
        return;
      }
      stream.on("data", hear);
    });
    const hear = (): void => {
      if (entrant) gate.heard(entrant);
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMessage((message, next) => {
        stream.off("data", hear);
        if (entrant) gate.received(entrant);
        next(message);
      })
      .withOnCancel(() => {
        stream.off("data", hear);
        if (entrant) gate.leave(entrant);
      })
      .build();
    const responder = new ResponderBuilder().withStart((next) => next(listener)).build();
    return new ServerInterceptingCall(call, responder);
  };
  return { interceptor, stop: () => clearInterval(timer) };
}

function streamOf(call: ServerInterceptingCallInterface): ServerHttp2Stream {
  const stream: unknown = Reflect.get(call, "stream");
  if (!(stream instanceof Duplex)) throw new Error("this grpc-js keeps its streams elsewhere");
  return stream as ServerHttp2Stream;
}
