// Loaded into each node before its program (`node --expose-gc --import`): collects all garbage when the test
// asks for it, and says when it is done. The program under test is not changed and does not know.

import { setTimeout as sleep } from "node:timers/promises";

/** Buffers that a collection finds dead are given back a moment later, on another thread. */
const GIVE_BACK_MS = 200;

async function collect(): Promise<void> {
  for (let i = 0; i < 2; i += 1) {
    globalThis.gc?.();
    await sleep(GIVE_BACK_MS);
  }
  process.send?.({ kind: "soak.collected" });
}

process.on("message", (message: { readonly kind?: string }) => {
  if (message.kind === "soak.collect") void collect();
});
