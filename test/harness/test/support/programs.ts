// Small programs for the tests of what the harness does to any process.

import { join } from "node:path";
import { Program, type ProgramSpec } from "../../src/program.js";

/** Runs on until it is ended, and answers every message with the same message. */
export const ECHO = `
  process.on("message", (message) => process.send(message));
  process.on("disconnect", () => process.exit(7));
  console.log("up " + process.pid);
`;

export function programIn(
  folder: string,
  script: string,
  more: Partial<ProgramSpec> = {},
): Program {
  return new Program({
    name: "the program",
    command: [process.execPath, "-e", script],
    logFile: join(folder, "program.log"),
    ...more,
  });
}
