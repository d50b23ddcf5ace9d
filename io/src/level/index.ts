// DiskPort over classic-level, with the node's identity file beside the store.

export { createLevelDisk } from "./disk.js";
export type { LevelDisk } from "./disk.js";
export { memberCard } from "./member-card.js";
