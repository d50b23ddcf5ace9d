export { CarrierQueue, type CarrierHooks } from "./carrier-queue.js";
export { SESSION_END_MS_MAX, SessionQueue, type SessionHooks } from "./session-queue.js";
