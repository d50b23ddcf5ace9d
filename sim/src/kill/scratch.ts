// A folder for copies that is gone at the end, however that comes, and with it all processes that ran in it.

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `onEnd` takes what ends the processes; it is also called when a signal ends everything early. */
export async function withScratch<T>(
  prefix: string,
  use: (folder: string, onEnd: (end: () => void) => void) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), prefix));
  let end = (): void => undefined;
  const cleanUp = (): void => {
    end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      cleanUp();
      process.exit(130);
    });
  }
  try {
    return await use(folder, (last) => {
      end = last;
    });
  } finally {
    cleanUp();
  }
}
