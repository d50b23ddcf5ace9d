// Which failures are worth another try, and how long to wait between tries. A round visits every
// endpoint once; the pause comes between rounds, never between endpoints.
import type { ErrorCode } from "./errors.js";

export interface RetryPolicy {
  /** Rounds over all endpoints for one call, at most. Default: no bound but the budget. */
  maxAttempts: number;
  /** How long a call is tried, over and over, before it fails. Default 60 s. */
  budgetMs: number;
  initialBackoffMs: number;
  maxBackoffMs: number;
  multiplier: number;
}

export const defaultRetry: RetryPolicy = {
  maxAttempts: Number.POSITIVE_INFINITY,
  budgetMs: 60_000,
  initialBackoffMs: 100,
  maxBackoffMs: 2_000,
  multiplier: 2,
};

const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "UNAVAILABLE",
  "DEADLINE_EXCEEDED",
  "RESOURCE_EXHAUSTED",
  "ABORTED",
  "INTERNAL",
]);

/** True for failures that may pass: never for a request that is wrong in itself. */
export function isRetryable(code: ErrorCode): boolean {
  return retryable.has(code);
}

/** The pause before round `round` (1 is the first repeat): exponential, with jitter of half. */
export function backoffMs(policy: RetryPolicy, round: number, random = Math.random()): number {
  const full = policy.initialBackoffMs * policy.multiplier ** (round - 1);
  return Math.min(full, policy.maxBackoffMs) * (0.5 + random / 2);
}
