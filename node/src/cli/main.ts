// The `disheap` command: connects the program to this process and leaves with its exit code.
import { buffer } from "node:stream/consumers";
import { runCli } from "./program.js";
import type { Terminal } from "./terminal.js";

const { stdin, stdout, stderr } = process;

const terminal: Terminal = {
  env: process.env,
  isTty: stdout.isTTY,
  isErrTty: stderr.isTTY,
  // A pipe has no width: nothing is cut off there.
  columns: stdout.isTTY ? stdout.columns : Number.MAX_SAFE_INTEGER,
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  readStdin: () => buffer(stdin),
  onStop: (callback) => {
    process.once("SIGINT", callback).once("SIGTERM", callback);
    return () => void process.off("SIGINT", callback).off("SIGTERM", callback);
  },
};

// The reader of a pipe may leave before the end, as `head` does: nobody is left to write for.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), terminal);
