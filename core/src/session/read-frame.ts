// A frame that came in, or why the session ends of it.

import {
  decodeSessionIn,
  MalformedFrame,
  type SessionHello,
  type SessionIn,
} from "@disheap/proto/session";
import type { Failure } from "../contract/api.js";
import { invalid } from "../edge/requests/validate.js";
import { RECEIVE_BYTES_MIN } from "./limits.js";

export function readFrame(
  frame: Uint8Array,
): { readonly message: SessionIn } | { readonly failure: Failure } {
  try {
    return { message: decodeSessionIn(frame) };
  } catch (error) {
    if (!(error instanceof MalformedFrame)) throw error;
    return { failure: invalid(`the frame is no SessionIn: ${error.message}`) };
  }
}

export function helloProblem(
  hello: SessionHello | undefined,
  receiveBytesMax: number,
): Failure | undefined {
  if (!hello) return invalid("the first frame has no hello; begin with SessionIn.hello");
  if (receiveBytesMax >= RECEIVE_BYTES_MIN) return undefined;
  return invalid(
    `receive_bytes_max is ${receiveBytesMax}; frames of answers need at least ${RECEIVE_BYTES_MIN}`,
  );
}
