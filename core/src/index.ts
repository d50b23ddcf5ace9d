export * from "./lib/assert.js";
export * from "./lib/hash.js";
export * from "./lib/crc32.js";
export * from "./host/api.js";
export * from "./host/node-config.js";
export * from "./host/status.js";
