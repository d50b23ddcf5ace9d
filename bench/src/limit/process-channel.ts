// What a process of the bare log says to the bench over its channel: its port once, its usage when asked.

import type { ServerUsage } from "../cluster/cost.js";

export type LimitMessage =
  | { readonly kind: "limit.port"; readonly port: number }
  | { readonly kind: "limit.usage"; readonly usage: ServerUsage };

export const ASK_USAGE = { kind: "limit.ask" } as const;

/** For `bindAsync`. */
export function sayPort(error: Error | null, port: number): void {
  if (error !== null) throw error;
  process.send?.({ kind: "limit.port", port } satisfies LimitMessage);
}

/** Also ends this process when whoever started it is gone. */
export function answerUsage(usage: () => ServerUsage): void {
  process.on("message", () => {
    process.send?.({ kind: "limit.usage", usage: usage() } satisfies LimitMessage);
  });
  process.on("disconnect", () => process.exit(0));
}
