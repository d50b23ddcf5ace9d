// Which history `npm run check` takes when none is named.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The file with the ending .jsonl below `folder` that was written last. */
export function newestHistory(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => ({ file, writtenMs: statSync(file).mtimeMs }));
  return files.sort((a, b) => b.writtenMs - a.writtenMs).at(0)?.file;
}
