export * from "./lib/assert.js";
export * from "./lib/hash.js";
export * from "./lib/crc32.js";
