// One conformance suite for both families of adapters. Nothing in production imports this.

export * from "./harness.js";
export { carrierSuite } from "./carrier-suite.js";
export { diskSuite } from "./disk-suite.js";
export { writerBatch } from "./disk-writes.js";
export { networkSuite } from "./network-suite.js";
export { readParts, testPart, testWords } from "./session-parts.js";
export { sessionSuite } from "./session-suite.js";
