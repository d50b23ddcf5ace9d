// The sizes that both sides agree on.

/** The largest gRPC message that nodes take when nothing else was set. */
export const messageBytesMax = 4 * 1024 * 1024;

/** The largest message that any node may be told to take, and so may deliver. */
export const receiveBytesMax = 14 * 1024 * 1024;

/** What a cluster makes of a shorter visibility, and the longest that it lets a lease live. */
export const visibilityMsMin = 100;
export const leaseLifeMsMax = 12 * 3_600_000;

/** The longest time a timer of this platform takes; beyond it, it would fire at once. */
export const timeoutMsMax = 2 ** 31 - 1;
