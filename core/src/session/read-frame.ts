// A frame that came in, or why the session ends of it.

import {
  decodeSessionIn,
  MalformedFrame,
  type SessionHello,
  type SessionIn,
} from "@disheap/proto/session";
import type { Failure } from "../contract/api.js";
import type { NodeLimits } from "../contract/limits/rule.js";
import { invalid, sessionProblem } from "../edge/requests/validate.js";

export function readFrame(
  frame: Uint8Array,
): { readonly message: SessionIn } | { readonly failure: Failure } {
  try {
    return { message: decodeSessionIn(frame) };
  } catch (error) {
    if (!(error instanceof MalformedFrame)) throw error;
    return { failure: invalid(`the frame cannot be read as a SessionIn: ${error.message}`) };
  }
}

export function helloProblem(
  hello: SessionHello | undefined,
  node: NodeLimits,
): Failure | undefined {
  if (!hello) return invalid("the first frame has no hello; begin with SessionIn.hello");
  return (
    sessionProblem("receiveBytesMax", hello.receiveBytesMax, node) ??
    sessionProblem("level", hello.level, node)
  );
}
