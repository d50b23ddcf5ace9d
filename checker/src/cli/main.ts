// The command line's outer shell: files, standard streams and the exit code.
import { createReadStream, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { EXIT, run } from "./run.js";

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version: number } = JSON.parse(text) as { version: string };
  return number;
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// A crash is no verdict: it must not leave with the code of an illegal history.
process.on("uncaughtException", (error) => {
  process.stderr.write(`internal error, the verdict is unknown: ${error.stack ?? error.message}\n`);
  process.exit(EXIT.unknown);
});

process.exitCode = await run(process.argv.slice(2), {
  open: (file) => (file === "-" ? process.stdin : createReadStream(file)),
  write: (file, text) => writeFile(file, text),
  out: (text) => {
    process.stdout.write(`${text}\n`);
  },
  err: (text) => {
    process.stderr.write(`${text}\n`);
  },
  version: version(),
});
