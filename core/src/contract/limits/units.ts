// Numbers that several fields share.

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const UINT32_MAX = 4_294_967_295;

/** Of a message before its first delivery, of the wait after a rejection, and of a topic's retention. */
export const DELAY_MAX_MS = 365 * DAY_MS;
/**
 * Of one lease: a shorter one is over before its delivery can cross the cluster and come back as an ack. Less
 * is taken as this much, which `lease_deadline` shows (D-91).
 */
export const VISIBILITY_MIN_MS = 100;
/** Of one lease, and of one extension. */
export const VISIBILITY_MAX_MS = 12 * HOUR_MS;
/** Of one answer that lists something. */
export const PAGE_MAX = 1000;

/**
 * A delivered item carries more beside its payload than the request did (ids, lease token, times, topic and
 * producer again). Without this headroom a payload could go in and never come out.
 */
export const ITEM_OVERHEAD_BYTES = 2048;
