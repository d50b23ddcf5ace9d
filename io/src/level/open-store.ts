// Opens a node's store and settles whose it is (D-38): neither identity file nor store is a new node;
// a file without its store, or a store without its file, is refused with a sentence; whose cluster it is,
// the node itself tells by its record. LevelDB's lock makes the decision ours: what was read before it is read again under it.

import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { storeDamage } from "./check/check-store.js";
import {
  DataDirectoryError,
  createIdentity,
  identityPath,
  readIdentity,
  replaceIdentity,
} from "./identity.js";
import type { Identity } from "./identity.js";

export type Db = ClassicLevel<Uint8Array, Uint8Array>;

/** Keys that start with this byte belong to the adapter; the node's own keys never do. */
export const RESERVED_TAG = 0xff;
const STORE_UUID_KEY = Buffer.concat([Buffer.of(RESERVED_TAG), Buffer.from("store-uuid")]);
const WRITE_BUFFER_BYTES = 64 << 20;

export interface StoreOptions {
  readonly directory: string;
  /** A sentence when the node's own record shows that the store must not even be opened. */
  readonly recordProblem?: (record: Uint8Array) => string | undefined;
}

interface OpenedStore {
  readonly db: Db;
  readonly identity: Identity;
}

/** Throws an error whose message is a sentence for the operator. */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  try {
    return await openDirectory(options);
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new DataDirectoryError(
      `The data directory ${options.directory} cannot be used: ${detail}.` +
        " Check that it is a directory, that this user may write to it, and that its disk works.",
      { cause: error },
    );
  }
}

async function openDirectory(options: StoreOptions): Promise<OpenedStore> {
  const before = await readIdentity(options.directory);
  const hasStore = await storeExists(options.directory);
  if (before === undefined) {
    if (hasStore) throw storeWithoutFile(options.directory);
    await createIdentity(options.directory, freshIdentity());
  } else if (before.state === "ready") {
    refuseRecord(options, before);
    if (!hasStore) throw fileWithoutStore(options.directory, before, "there is no store beside it");
    const damage = await storeDamage(storePath(options.directory));
    if (damage !== undefined) throw damagedStore(options.directory, damage);
  }
  const db = await openLevel(options.directory, before?.state !== "ready");
  try {
    return { db, identity: await settleIdentity(db, options) };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Under the lock. */
async function settleIdentity(db: Db, options: StoreOptions): Promise<Identity> {
  const { directory } = options;
  const identity = await readIdentity(directory);
  if (identity === undefined) throw storeWithoutFile(directory);
  const stored = await db.get(STORE_UUID_KEY);
  const storedUuid = stored === undefined ? undefined : Buffer.from(stored).toString();
  if (identity.state === "ready") {
    refuseRecord(options, identity);
    if (storedUuid === identity.storeUuid) return identity;
    const found = storedUuid === undefined ? "an empty store" : `the store ${storedUuid}`;
    throw fileWithoutStore(directory, identity, `${found} is in its place`);
  }
  // A first start ended before the store was complete: nothing can have been written but the uuid.
  for await (const key of db.keys({ limit: 2 })) {
    if (!STORE_UUID_KEY.equals(key)) throw storeWithoutFile(directory);
  }
  const { storeUuid } = identity;
  await db.batch().put(STORE_UUID_KEY, Buffer.from(storeUuid)).write({ sync: true });
  const ready = { state: "ready", storeUuid, record: undefined } as const;
  await replaceIdentity(directory, ready);
  return ready;
}

/** The store alone; whose it is was settled before. */
export async function openLevel(directory: string, createIfMissing: boolean): Promise<Db> {
  const db: Db = new ClassicLevel(storePath(directory), {
    keyEncoding: "view",
    valueEncoding: "view",
    writeBufferSize: WRITE_BUFFER_BYTES,
    createIfMissing,
  });
  try {
    await db.open();
    return db;
  } catch (error) {
    throw openingFailed(directory, error);
  }
}

function openingFailed(directory: string, error: unknown): DataDirectoryError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "LEVEL_LOCKED") {
    return new DataDirectoryError(
      `The data directory ${directory} is already in use by another process.` +
        " Stop that process, or give this node a data directory of its own.",
      { cause: error },
    );
  }
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new DataDirectoryError(
    `The store in the data directory ${directory} cannot be opened: ${detail}.` +
      " Check the disk, its free space and the permissions; do not delete files from the store.",
    { cause: error },
  );
}

async function storeExists(directory: string): Promise<boolean> {
  try {
    return (await readdir(storePath(directory))).length > 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

function damagedStore(directory: string, damage: string): DataDirectoryError {
  return new DataDirectoryError(
    `The data directory ${directory} is damaged: ${damage}. This node must not vote with it; the other` +
      " nodes keep serving. Stop whatever restarts this node, check the disk and keep the directory for" +
      " analysis. Do not start this node with an emptied one: an emptied folder does not come back as this" +
      " member, because it has forgotten its votes and what it acknowledged.",
  );
}

function refuseRecord({ recordProblem }: StoreOptions, { record }: Identity): void {
  const problem = record && recordProblem?.(record);
  if (problem !== undefined) throw new DataDirectoryError(problem);
}

function storeWithoutFile(directory: string): DataDirectoryError {
  return new DataDirectoryError(
    `The data directory ${directory} holds a store, but its identity file` +
      ` ${identityPath(directory)} is missing. Restore that file from a backup. Do not start this node with` +
      " an emptied directory: it does not come back as this member, because it has forgotten its votes and" +
      " what it acknowledged.",
  );
}

function fileWithoutStore(directory: string, found: Identity, what: string): DataDirectoryError {
  return new DataDirectoryError(
    `The identity file ${identityPath(directory)} names the store ${found.storeUuid}, but ${what}:` +
      " the store was deleted or the disk exchanged. Put the store back; if it is lost, do not" +
      " start this node as a new one under its old name, because it has forgotten its votes.",
  );
}

function storePath(directory: string): string {
  return join(directory, "store");
}

function freshIdentity(): Identity {
  return { state: "creating", storeUuid: randomUUID(), record: undefined };
}
