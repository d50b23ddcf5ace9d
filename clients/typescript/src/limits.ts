// The sizes that both sides agree on.

/** The largest gRPC message either side takes. */
export const messageBytesMax = 4 * 1024 * 1024;
