// What a consumer can ask for, and what follows from it for its credits and its times.
import { CreditWindow } from "./credit-window.js";
import { invalidArgument } from "./errors.js";
import type { RetryPolicy } from "./retry.js";

export interface PopOptions {
  /** How many deliveries may be held unsettled at a time, 1 to 1000. Default 10. */
  prefetch?: number | undefined;
  /** Ends the iteration after this many deliveries; waits for them as long as it takes. */
  limit?: number | undefined;
  /** One shot: takes at most this many messages that are ready now, then ends. Excludes the two above. */
  credits?: number | undefined;
  /** The length of a lease. Default: the topic's. */
  visibilityMs?: number | undefined;
  /** Takes from these partitions only. Default: all. */
  partitions?: readonly number[] | undefined;
  /**
   * While a delivery is held, waiting to be handed out or at work, its lease is extended before it ends, for so
   * long after it came. 0: never; what waits here when its lease ends is then not handed out. Default 30 min.
   */
  keepLeaseMs?: number | undefined;
  /**
   * Fails the iteration once no node has served for this long; also a stream that should end by itself, and on
   * which nothing comes for so long. Default: it outlives any outage; what should end has the budget of a call.
   */
  outageMaxMs?: number | undefined;
}

export function windowOf(options: PopOptions): CreditWindow {
  const { credits, limit } = options;
  if (credits !== undefined) {
    if (limit !== undefined || options.prefetch !== undefined) {
      throw invalidArgument(
        "credits is a one-shot pop and excludes prefetch and limit; give either.",
      );
    }
    return new CreditWindow(Number.POSITIVE_INFINITY, credits);
  }
  return new CreditWindow(options.prefetch ?? 10, limit);
}

/** Longer than most queues of ten take, short enough that a consumer that hangs gives back what it has. */
const keepLeaseMsDefault = 30 * 60_000;

export function keepLeaseMsOf({ keepLeaseMs = keepLeaseMsDefault }: PopOptions): number {
  return keepLeaseMs;
}

export function outageMaxMsOf(
  { credits, outageMaxMs }: PopOptions,
  { budgetMs }: RetryPolicy,
): number {
  return outageMaxMs ?? (credits === undefined ? Number.POSITIVE_INFINITY : budgetMs);
}

/** How long a stream that asks for no more may stand still: a partition without a leader would keep it for ever. */
export function endingMsOf({ outageMaxMs }: PopOptions, { budgetMs }: RetryPolicy): number {
  return outageMaxMs ?? budgetMs;
}
