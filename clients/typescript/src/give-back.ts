// Gives deliveries back that the loop never saw. They cost no attempt where the cluster knows how; an older one
// takes them as rejected, ready at once. Best effort, and not for long: what cannot be given back returns when its
// lease ends.
import { type Earlier, withLeft } from "./caller.js";
import { DisheapError } from "./errors.js";
import type { Message, NackOptions } from "./message.js";
import type { RetryPolicy } from "./retry.js";

/** It is not tried for longer. */
const givingBackMsMax = 2_000;

/** Calls of the client by which a delivery goes back. */
export interface ReleaseCalls {
  /** Whether the cluster takes deliveries back without counting an attempt. */
  canRelease(before?: Earlier): Promise<boolean>;
  release(topic: string, id: string, leaseToken: string, before?: Earlier): Promise<void>;
  nack(
    topic: string,
    id: string,
    leaseToken: string,
    options: NackOptions,
    before?: Earlier,
  ): Promise<void>;
}

/** What one consumer gives back. */
export class GivingBack {
  readonly #calls: ReleaseCalls;
  readonly #retry: RetryPolicy;
  readonly #underWay = new Set<Promise<void>>();
  /** Monotonic. */
  #endMs = Number.POSITIVE_INFINITY;

  constructor(calls: ReleaseCalls, retry: RetryPolicy) {
    this.#calls = calls;
    this.#retry = retry;
  }

  /** Nothing that is added from now on is tried for longer than `ms` from now. */
  endIn(ms: number): void {
    this.#endMs = performance.now() + ms;
  }

  add(message: Message): void {
    const leftMs = Math.min(givingBackMsMax, this.#endMs - performance.now());
    if (leftMs <= 0) return;
    const back = giveBack(this.#calls, message, withLeft(leftMs, this.#retry));
    this.#underWay.add(back);
    void back.finally(() => this.#underWay.delete(back));
  }

  /** Once all that was added has gone back, or could not. */
  async done(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}

async function giveBack(calls: ReleaseCalls, message: Message, before: Earlier): Promise<void> {
  const { topic, id, leaseToken } = message;
  try {
    await calls.release(topic, id, leaseToken, before);
  } catch (error) {
    if (!isUnknownCall(error)) return;
    const reason = "the consumer closed before it saw this delivery";
    await calls
      .nack(topic, id, leaseToken, { backoffMs: 0, reason }, before)
      .catch(() => undefined);
  }
}

/** The node is of a version without this call. */
export function isUnknownCall(error: unknown): boolean {
  return error instanceof DisheapError && error.code === "UNIMPLEMENTED";
}
