// How much of what a client may ask for (wire contract, sections 3, 4, 9, 11).

export const DAY_MS = 86_400_000;
/** Of a message before its first delivery, and of the wait after a rejection. */
export const DELAY_MAX_MS = 365 * DAY_MS;
/**
 * Of one lease: a shorter one is over before its delivery can cross the cluster and come back as an ack. Less
 * is taken as this much, which `lease_deadline` shows (D-91).
 */
export const VISIBILITY_MIN_MS = 100;
/** Of one lease, and of one extension. */
export const VISIBILITY_MAX_MS = 12 * 3_600_000;
/** Messages that one peek shows. */
export const PEEK_LIMIT_MAX = 1000;
export const TOPIC_PATTERN = /^[a-zA-Z0-9_-]{1,255}$/;
