// The transport of the bare log: one gRPC stream of frames in each direction. A frame is a protobuf message
// with one field of bytes, as any service on these parts would send it.

import { credentials, Client, type ServiceDefinition } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServerDuplexStream, ChannelOptions } from "@grpc/grpc-js";

export type Frame = Buffer;
export type ClientPipe = ClientDuplexStream<Frame, Frame>;
export type ServerPipe = ServerDuplexStream<Frame, Frame>;

const TAG = 0x0a;
const PATH = "/disheap.bench.Limit/Pipe";
const OPTIONS: ChannelOptions = { "grpc.max_receive_message_length": -1 };

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

export function wrap(frame: Frame): Buffer {
  const head = 1 + varintBytes(frame.length);
  const out = Buffer.allocUnsafe(head + frame.length);
  out[0] = TAG;
  let rest = frame.length;
  for (let at = 1; at < head; at += 1, rest = Math.floor(rest / 128)) {
    out[at] = at + 1 < head ? (rest % 128) | 0x80 : rest;
  }
  out.set(frame, head);
  return out;
}

/** A view of what came; an empty message is an empty frame. */
export function unwrap(message: Buffer): Frame {
  if (message.length === 0) return message;
  let length = 0;
  let at = 1;
  for (let scale = 1; ; scale *= 128, at += 1) {
    const byte = message[at] ?? 0;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  if (message[0] !== TAG || at + 1 + length !== message.length) {
    throw new Error("the bare log got a message that is no frame");
  }
  return message.subarray(at + 1);
}

export const PIPE = {
  pipe: {
    path: PATH,
    requestStream: true,
    responseStream: true,
    requestSerialize: wrap,
    requestDeserialize: unwrap,
    responseSerialize: wrap,
    responseDeserialize: unwrap,
  },
} as const satisfies ServiceDefinition;

export const SERVER_OPTIONS = OPTIONS;

export function openPipe(address: string): {
  readonly pipe: ClientPipe;
  readonly close: () => void;
} {
  const client = new Client(address, credentials.createInsecure(), OPTIONS);
  const pipe = client.makeBidiStreamRequest(PATH, wrap, unwrap);
  // The end of a server is seen by whoever waits for its process.
  pipe.on("error", () => undefined);
  return {
    pipe,
    close: () => {
      pipe.cancel();
      client.close();
    },
  };
}
