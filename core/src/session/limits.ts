// What one session may hold, told to its client in the welcome (docs/api/session.md).

/** The level of the protocol that this build speaks. */
export const SESSION_LEVEL = 1;
/** Of one call. */
export const ROWS_MAX = 4096;
/** Calls under way. */
export const CALLS_MAX = 4096;
/** Of topics, of producers and of consumers, each. */
export const HANDLES_MAX = 1024;
/** Deliveries that are not settled, and credits for more. */
export const DELIVERIES_MAX = 16_384;
/** Payload of enqueues under way; never less than the message limit and this much. */
export const ENQUEUE_WINDOW_BYTES = 4 << 20;
export const WINDOW_SLACK_BYTES = 64 << 10;
/** A frame of deliveries is cut here, or after its first row. */
export const FRAME_CUT_BYTES = 1 << 20;
/** Of a client that names no limit: what gRPC takes by default. */
export const RECEIVE_BYTES_DEFAULT = 4 << 20;
/** Beside its payload a delivery takes at most this much of a frame, a producer's name aside. */
export const DELIVERY_ROW_BYTES = 256;
/** Calls and deliveries are counted in doubles. */
export const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
/** A client must take frames of so many bytes: a cut frame of deliveries, and answers beside it. */
export const RECEIVE_BYTES_MIN = 2 << 20;
