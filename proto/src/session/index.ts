// The frames of `disheap.v1.Session` as plain data with columns: ordinary protobuf, read and written by hand (D-82). It
// imports nothing, so the core, the simulator and clients use it alike.
import { decode } from "./decode.js";
import { type Draft, encode } from "./encode.js";
import { SESSION_IN, type SessionIn } from "./messages-in.js";
import { SESSION_OUT, type SessionOut } from "./messages-out.js";

export { ColumnWriter, hiAt, loAt, NO_BYTES, type U64, u32At, u64At } from "./columns.js";
export { type Draft, fieldLength } from "./encode.js";
export { MalformedFrame } from "./malformed.js";
export * from "./messages-in.js";
export * from "./messages-out.js";

/** Throws MalformedFrame. The columns of what comes back are views into `frame`. */
export function decodeSessionIn(frame: Uint8Array): SessionIn {
  return decode(SESSION_IN, frame);
}

/** Throws MalformedFrame. The columns of what comes back are views into `frame`. */
export function decodeSessionOut(frame: Uint8Array): SessionOut {
  return decode(SESSION_OUT, frame);
}

export function encodeSessionIn(draft: Draft<SessionIn>): Uint8Array {
  return encode(SESSION_IN, draft);
}

export function encodeSessionOut(draft: Draft<SessionOut>): Uint8Array {
  return encode(SESSION_OUT, draft);
}
