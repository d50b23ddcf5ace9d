// `npm run check`: the outer shell of run.ts, with files, standard streams and the exit code.
import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { newestHistory } from "./newest.js";
import { runCheck } from "./run.js";

const out = fileURLToPath(new URL("../out/", import.meta.url));

process.exitCode = await runCheck(process.argv.slice(2), {
  newest: () => {
    const file = newestHistory(out);
    return file === undefined ? undefined : relative(process.cwd(), file);
  },
  open: (file) => createReadStream(file),
  write: async (file, text) => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  },
  out: (text) => {
    process.stdout.write(`${text}\n`);
  },
  err: (text) => {
    process.stderr.write(`${text}\n`);
  },
});
