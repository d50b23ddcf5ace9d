export * from "./kv.js";
export * from "./mutex.js";
export * from "./persistent.js";
export * from "./priority-queue.js";
export * from "./queue.js";
export * from "./register.js";
export * from "./set.js";
export * from "./history-model.js";
