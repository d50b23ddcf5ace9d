// The node identity file (D-38): outside LevelDB, so that a store that was deleted or exchanged is
// told from a new node. It is born as "creating" before the store exists and becomes "ready" once
// the store carries its uuid, so a crash in between leaves a directory that may simply start again.
// Both steps are atomic and synced, the directory included.

import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { plainBytes } from "../plain-bytes.js";

export interface Identity {
  readonly state: "creating" | "ready";
  readonly storeUuid: string;
  /** What the node wrote of itself: bytes of its own, which this adapter does not read. */
  readonly record: Uint8Array | undefined;
}

const FORMAT = "disheap-identity";
const VERSION = 2;

/** An error whose message is a whole sentence for the operator. */
export class DataDirectoryError extends Error {
  override readonly name = "DataDirectoryError";
}

export function identityPath(directory: string): string {
  return join(directory, "identity.json");
}

export async function readIdentity(directory: string): Promise<Identity | undefined> {
  const path = identityPath(directory);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  const identity = parse(text);
  if (identity === "other version") {
    throw new DataDirectoryError(
      `The identity file ${path} was written by another version of Disheap. Start that version;` +
        " its data is whole, so do not move the data directory away.",
    );
  }
  if (identity !== undefined) return identity;
  throw new DataDirectoryError(
    `The identity file ${path} cannot be read: it is damaged. Restore it from a backup; without it` +
      " this store cannot be trusted. An emptied data directory does not come back as this member.",
  );
}

/** Creates the directory and the identity file; never replaces a file that another process made. */
export async function createIdentity(directory: string, identity: Identity): Promise<void> {
  await mkdir(directory, { recursive: true });
  await syncDirectory(dirname(resolve(directory)));
  const draft = await writeDraft(directory, identity);
  try {
    await link(draft, identityPath(directory));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  await syncDirectory(directory);
}

/** Replaces the identity file. Only for the process that holds the store's lock. */
export async function replaceIdentity(directory: string, identity: Identity): Promise<void> {
  const draft = await writeDraft(directory, identity);
  await rename(draft, identityPath(directory));
  await syncDirectory(directory);
}

function parse(text: string): Identity | "other version" | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    const { format, version, state, storeUuid, record } = value;
    if (format !== FORMAT) return undefined;
    if (version !== VERSION) return typeof version === "number" ? "other version" : undefined;
    if (state !== "creating" && state !== "ready") return undefined;
    if (typeof storeUuid !== "string") return undefined;
    if (record === undefined) return { state, storeUuid, record };
    if (typeof record !== "string") return undefined;
    return { state, storeUuid, record: plainBytes(Buffer.from(record, "base64")) };
  } catch {
    return undefined;
  }
}

async function writeDraft(directory: string, identity: Identity): Promise<string> {
  const path = `${identityPath(directory)}.${randomUUID()}.draft`;
  const file = await open(path, "w");
  try {
    const { state, storeUuid } = identity;
    const record = identity.record && Buffer.from(identity.record).toString("base64");
    const content = { format: FORMAT, version: VERSION, state, storeUuid, record };
    const body = JSON.stringify(content, undefined, 2);
    await file.writeFile(`${body}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}

/** Makes names in a directory durable. Windows has no such call and needs none. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
