export * from "./turn.js";
