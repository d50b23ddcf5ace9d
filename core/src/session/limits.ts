// What one session may hold, told to its client in the welcome (docs/api/session.md). Ranges of fields are in
// contract/limits/sessions.ts.

/** The level of the protocol that this build speaks. */
export const SESSION_LEVEL = 1;
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
/** Beside its payload a delivery takes at most this much of a frame, a producer's name aside. */
export const DELIVERY_ROW_BYTES = 256;
