// Gives deliveries back that the loop never saw. They cost no attempt where the cluster knows how; an older one
// takes them as rejected, ready at once. Best effort: what cannot be given back returns when its lease ends.
import { DisheapError } from "./errors.js";
import type { Message } from "./message.js";

export interface ReleaseCalls {
  /** Whether the cluster takes deliveries back without counting an attempt. */
  canRelease(): Promise<boolean>;
  release(topic: string, id: string, leaseToken: string): Promise<void>;
}

export async function giveBack(calls: ReleaseCalls, message: Message): Promise<void> {
  try {
    await calls.release(message.topic, message.id, message.leaseToken);
  } catch (error) {
    if (!isUnknownCall(error)) return;
    const reason = "the consumer closed before it saw this delivery";
    await message.nack({ backoffMs: 0, reason }).catch(() => undefined);
  }
}

/** The node is of a version without this call. */
export function isUnknownCall(error: unknown): boolean {
  return error instanceof DisheapError && error.code === "UNIMPLEMENTED";
}
