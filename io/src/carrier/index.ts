export { CarrierQueue, type CarrierHooks } from "./carrier-queue.js";
