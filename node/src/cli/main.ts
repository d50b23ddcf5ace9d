// The `disheap` command: connects the program to this process and leaves with its exit code.
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { runCli } from "./program.js";
import type { Terminal } from "./terminal.js";

const { stdin, stdout, stderr } = process;
/** So long a stopped command waits for the reader of its last words. */
const lastWordsMs = 1_000;

/** A pipe takes a write when it has room, not when it is called: only the callback tells. */
function write(stream: NodeJS.WriteStream, text: string | Uint8Array): Promise<Error | undefined> {
  return new Promise((resolve) => {
    stream.write(text, (error) => resolve(error ?? undefined));
  });
}

// Who wrote hears of the error; without a listener here it would end the process as well.
for (const stream of [stdout, stderr]) stream.on("error", () => undefined);

let isStopped = false;
let said: Promise<unknown> = Promise.resolve();
/** The end of a terminal window is a stop too; under nohup, which takes the terminal away, it is not. */
const hasTerminal = [stdin, stdout, stderr].some((stream) => stream.isTTY);
const stopSignals: NodeJS.Signals[] = [
  "SIGINT",
  "SIGTERM",
  ...(hasTerminal ? ["SIGHUP" as const] : []),
];

const terminal: Terminal = {
  env: process.env,
  isTty: stdout.isTTY,
  isErrTty: stderr.isTTY,
  // A pipe has no width: nothing is cut off there.
  columns: stdout.isTTY ? stdout.columns : Number.MAX_SAFE_INTEGER,
  out: (text) => write(stdout, text),
  err: (text) => void (said = write(stderr, text)),
  readStdin: () => buffer(stdin),
  onStop: (callback) => {
    const stop = (): void => {
      isStopped = true;
      callback();
    };
    for (const signal of stopSignals) process.once(signal, stop);
    return () => stopSignals.forEach((signal) => process.off(signal, stop));
  },
};

process.exitCode = await runCli(process.argv.slice(2), terminal);
if (isStopped) {
  // What a reader that does not read has not taken would keep this process for ever.
  await Promise.race([said, sleep(lastWordsMs)]);
  process.exit();
}
