// The public API: everything here runs in Node and in a browser. The command line and the workers,
// which need Node, are not part of it.
export * from "./history/edn.js";
export * from "./history/formats.js";
export * from "./history/history-error.js";
export * from "./history/jepsen-edn.js";
export * from "./history/jepsen-log.js";
export * from "./history/json-lines.js";
export * from "./history/line.js";
export * from "./history/operations.js";
export * from "./monitor/index.js";
export * from "./disheap/index.js";
export * from "./model/index.js";
export * from "./search/check.js";
export * from "./search/model.js";
export * from "./picture/disheap-picture.js";
export * from "./picture/picture.js";
export * from "./picture/render.js";
export * from "./picture/search-picture.js";
