// Arguments that cannot be used: found by Commander before any command runs, told here in the form that
// was asked for and with what to do next.
import { CommanderError } from "commander";
import { exitCodes, type Failure } from "./exit-codes.js";

/** Whether `-o json` is among the arguments, in each way it can be written. */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  return flags.some((flag, index) => {
    if (flag === "-ojson" || flag === "--output=json") return true;
    return (flag === "-o" || flag === "--output") && flags[index + 1] === "json";
  });
}

/** Help or the version was asked for and is printed. */
export function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** A usage error as one sentence: Commander's own text has several lines, its help many. */
export function usageFailure(error: CommanderError): Failure {
  const isBare = error.code === "commander.help";
  const text = isBare ? "No command is given." : error.message.replace(/^error: /, "");
  const line = text
    .replaceAll("\n", " ")
    .trim()
    .replace(/(?<![.)])$/, ".");
  const sentences = [line, usageHint(error).trim(), "See disheap --help."];
  const message = sentences.filter((sentence) => sentence !== "").join(" ");
  return { code: "INVALID_ARGUMENT", message, exitCode: exitCodes.usage };
}

/** What Commander cannot know: where the words of a payload went. */
export function usageHint(error: CommanderError): string {
  const isPayload =
    error.code === "commander.excessArguments" && error.message.includes("'enqueue'");
  return isPayload ? 'Put a payload of several words in quotes: "wake the pager".\n' : "";
}
