// The simulated world's disk and network, and the draws they are decided by.

export * from "./draw.js";
export * from "./disk-settings.js";
export { SimDisk } from "./disk.js";
export type { Damage } from "./disk-log.js";
export * from "./network-settings.js";
export { SimNetwork } from "./network.js";
