// The TypeScript client of Disheap.
export type { DeleteOptions, EnqueueOptions } from "./call-options.js";
export { DisheapClient } from "./client.js";
export type { EnqueueResult, StatsResult } from "./client.js";
export type { ClientOptions } from "./client-options.js";
export { fencingOf, priorityMax, priorityMin } from "./convert.js";
export {
  DisheapAuthenticationError,
  DisheapCapacityError,
  DisheapConflictError,
  DisheapError,
  DisheapLeaseError,
  DisheapNotFoundError,
  DisheapPermissionError,
  DisheapTimeoutError,
  DisheapUnavailableError,
  DisheapValidationError,
} from "./errors.js";
export type { ErrorCode } from "./errors.js";
export { Message } from "./message.js";
export type { NackOptions } from "./message.js";
export type { PeekedMessage, PeekOptions, PeekResult } from "./peek.js";
export { PopStream } from "./pop-stream.js";
export type { PopOptions } from "./pop-options.js";
export type { RetryPolicy } from "./retry.js";
export type { PartitionInfo, TopicInfo, TopicMode, TopicOptions, TopicStats } from "./topics.js";
