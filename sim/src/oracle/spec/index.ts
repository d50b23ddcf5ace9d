// The queue's executable specification: one partition, written from the contract and the decisions and not from the
// machine. Plain arrays, linear searches, priorities as big integers, no heap and no index: it is slow and meant to
// be read. It is told what a committed entry asks for and says what must come of it. Start at partition.ts.

export { SpecPartition, type SpecEntry } from "./partition.js";
export { LIMITS, type Limits } from "./limits.js";
export { eventsInOrder } from "./events.js";
export { digestOf, type Digest } from "./digest.js";
export { countsOf, type SpecCounts } from "./counts.js";
export { nextTimerMs } from "./time.js";
export { byAge, readyInOrder, type Message } from "./messages.js";
export type { SpecResult } from "./results.js";
export type { Token } from "./state.js";
