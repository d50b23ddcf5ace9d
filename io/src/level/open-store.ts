// Opens a node's store and settles whose it is (D-38): neither identity file nor store is a new node;
// a file without its store, a store without its file, or another cluster's directory is refused with
// a sentence. LevelDB's lock makes the decision ours: what was read before it is read again under it.

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
  readonly clusterId: string;
}

interface OpenedStore {
  readonly db: Db;
  readonly isNew: boolean;
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
    await createIdentity(options.directory, freshIdentity(options.clusterId));
  } else if (before.state === "ready") {
    refuseOtherCluster(options, before);
    if (!hasStore) throw fileWithoutStore(options.directory, before, "there is no store beside it");
    const damage = await storeDamage(storePath(options.directory));
    if (damage !== undefined) throw damagedStore(options.directory, damage);
  }
  const db = await openLevel(options.directory, before?.state !== "ready");
  try {
    return { db, isNew: await settleIdentity(db, options) };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Under the lock. Says whether the store is new. */
async function settleIdentity(db: Db, options: StoreOptions): Promise<boolean> {
  const { directory } = options;
  const identity = await readIdentity(directory);
  if (identity === undefined) throw storeWithoutFile(directory);
  const stored = await db.get(STORE_UUID_KEY);
  const storedUuid = stored === undefined ? undefined : Buffer.from(stored).toString();
  if (identity.state === "ready") {
    refuseOtherCluster(options, identity);
    if (storedUuid === identity.storeUuid) return false;
    const found = storedUuid === undefined ? "an empty store" : `the store ${storedUuid}`;
    throw fileWithoutStore(directory, identity, `${found} is in its place`);
  }
  // A first start ended before the store was complete: nothing can have been written but the uuid.
  for await (const key of db.keys({ limit: 2 })) {
    if (!STORE_UUID_KEY.equals(key)) throw storeWithoutFile(directory);
  }
  const { storeUuid } = identity;
  await db.batch().put(STORE_UUID_KEY, Buffer.from(storeUuid)).write({ sync: true });
  await replaceIdentity(directory, { state: "ready", clusterId: options.clusterId, storeUuid });
  return true;
}

async function openLevel(directory: string, createIfMissing: boolean): Promise<Db> {
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

function refuseOtherCluster(options: StoreOptions, identity: Identity): void {
  if (identity.clusterId === options.clusterId) return;
  throw new DataDirectoryError(
    `The data directory ${options.directory} belongs to cluster ${identity.clusterId}, but this` +
      ` node was started for cluster ${options.clusterId}. Start it with the member list of cluster` +
      ` ${identity.clusterId}, or give it another data directory.`,
  );
}

function storeWithoutFile(directory: string): DataDirectoryError {
  return new DataDirectoryError(
    `The data directory ${directory} holds a store, but its identity file` +
      ` ${identityPath(directory)} is missing. Restore that file from a backup, or give this node an` +
      " empty data directory under a new name.",
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

function freshIdentity(clusterId: string): Identity {
  return { state: "creating", clusterId, storeUuid: randomUUID() };
}
