// Reads LevelDB's files before LevelDB opens them (D-36, the tail). LevelDB cuts a damaged log in
// silence and rewrites it while it opens, and it believes damaged tables. One synced write is in flight
// at a time, so only the last batch of the newest log can be torn; anything else that is broken was
// whole once, and is damage. Damage inside the very last batch looks like a torn write and is beyond
// what this can tell (D-39).

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type StoreVersion, readManifest } from "./manifest.js";
import { scanLog } from "./record-log.js";
import { checkTable } from "./table.js";
import { BrokenFormat } from "./varint-reader.js";

/** What is damaged, as part of a sentence; undefined when nothing is, or LevelDB will say so itself. */
export async function storeDamage(storePath: string): Promise<string | undefined> {
  const names = await readdir(storePath);
  const version = await readVersion(storePath);
  if (version === undefined) return undefined;
  return (
    (await logDamage(storePath, names, version)) ?? (await tableDamage(storePath, names, version))
  );
}

/** Undefined when the manifest is missing or broken: LevelDB checks it, and refuses with a reason. */
async function readVersion(storePath: string): Promise<StoreVersion | undefined> {
  try {
    const current = (await readFile(join(storePath, "CURRENT"), "utf8")).trim();
    if (!/^MANIFEST-\d+$/.test(current)) return undefined;
    const { records, brokenAt } = scanLog(await readFile(join(storePath, current)));
    return brokenAt === undefined ? readManifest(records) : undefined;
  } catch (error) {
    if (error instanceof BrokenFormat || isMissing(error)) return undefined;
    throw error;
  }
}

function numbered(names: readonly string[], pattern: RegExp): { name: string; number: number }[] {
  return names
    .map((name) => ({ name, number: Number(pattern.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ number }) => !Number.isNaN(number))
    .sort((a, b) => a.number - b.number);
}

async function logDamage(
  storePath: string,
  names: readonly string[],
  version: StoreVersion,
): Promise<string | undefined> {
  const logs = numbered(names, /^(\d+)\.log$/).filter(({ number }) => number >= version.logNumber);
  if (logs.length === 0) return "its write-ahead log is missing";
  for (const { name, number } of logs) {
    const { brokenAt, isFollowed } = scanLog(await readFile(join(storePath, name)), false);
    if (brokenAt === undefined) continue;
    const isNewest = number === logs[logs.length - 1].number;
    if (isNewest && !isFollowed) continue;
    return `the log ${name} is broken at byte ${brokenAt}, before batches that are intact`;
  }
  return undefined;
}

async function tableDamage(
  storePath: string,
  names: readonly string[],
  version: StoreVersion,
): Promise<string | undefined> {
  for (const { name, number } of numbered(names, /^(\d+)\.(?:ldb|sst)$/)) {
    if (!version.tables.has(number)) continue;
    try {
      checkTable(await readFile(join(storePath, name)));
    } catch (error) {
      if (!(error instanceof BrokenFormat)) throw error;
      return `the table ${name} is broken: ${error.message}`;
    }
  }
  return undefined;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
