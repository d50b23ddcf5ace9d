// The command line's outer shell: files, standard streams and the exit code.
import { createReadStream, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { run } from "./run.js";

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version: number } = JSON.parse(text) as { version: string };
  return number;
}

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
