// The public API: everything here runs in Node and in a browser. The command line and the workers,
// which need Node, are not part of it.
export * from "./history/history-error.js";
export * from "./history/json-lines.js";
export * from "./history/line.js";
export * from "./history/operations.js";
export * from "./monitor/attempts.js";
export * from "./monitor/batch.js";
export * from "./monitor/dead-letter.js";
export * from "./monitor/dedup.js";
export * from "./monitor/delay.js";
export * from "./monitor/exclusive.js";
export * from "./monitor/fencing.js";
export * from "./monitor/kept.js";
export * from "./monitor/no-loss.js";
export * from "./monitor/no-phantom.js";
export * from "./monitor/no-resurrection.js";
export * from "./monitor/pop-order.js";
export type * from "./monitor/queue-history.js";
export * from "./monitor/queue-time.js";
export * from "./monitor/violation.js";
export * from "./disheap/index.js";
export * from "./model/index.js";
export * from "./search/check.js";
export * from "./search/model.js";
