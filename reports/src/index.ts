export * from "./checked.js";
export * from "./page.js";
export * from "./run.js";
