// DiskPort over classic-level, with the node's identity file beside the store.

export { createLevelDisk } from "./disk.js";
export type { LevelDisk, LevelDiskOptions } from "./disk.js";
export { memberCard, type MemberCard } from "./member-card.js";
