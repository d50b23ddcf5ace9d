export * from "./page.js";
export * from "./run.js";
