export * from "./check.js";
export * from "./queue-history.js";
export * from "./report.js";
export type * from "./shapes.js";
