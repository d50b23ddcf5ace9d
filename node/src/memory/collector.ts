// Asks V8 for a full garbage collection. Payloads lie outside of its heap, and it does not look for dead ones
// as long as the heap itself is small: what a start leaves behind would stay in memory until something else
// fills the heap. V8 gives the buffers that it finds dead back a moment later, on another thread.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The collection itself, as a function that may be called as often as it is worth its time. */
export function createCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  // With arguments Node 20 collects less.
  return () => {
    gc();
  };
}
