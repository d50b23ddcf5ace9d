// Start-up of a node: opens the store, reads it in chunks, verifies it, counts this start durably. Until
// that is synced the node takes no part.

import type { Crc32 } from "../lib/crc32.js";
import { encodeNodeRecord, Tag, tagKey } from "../wire/disk-records.js";
import { DamagedStore, StoreReader, type RestoredStore } from "./boot.js";
import type { LogRead } from "./log-reads.js";
import type { StoreOp } from "./persistence.js";

/** Token of the scan that reads the store at start; log reads count from 1. */
export const BOOT_TOKEN = 0;
const BOOT_SCAN_BYTES = 4 << 20;

interface ScannedEntries {
  readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
  readonly done: boolean;
}

export class Startup {
  private readonly reader: StoreReader;
  private scan: LogRead | undefined;
  /** The store as read; groups take their part when the meta table names them. */
  restored: RestoredStore | undefined;
  /** Why the node cannot start. */
  problem: string | undefined;

  constructor(logTailBytesMax: number, crc: Crc32) {
    this.reader = new StoreReader(logTailBytesMax, crc);
  }

  /** The store is open: read it from its first key. */
  opened(): void {
    this.scanFrom(tagKey(0));
  }

  private scanFrom(from: Uint8Array): void {
    this.scan = { token: BOOT_TOKEN, from, to: tagKey(Tag.end), bytesMax: BOOT_SCAN_BYTES };
  }

  /** The scan to submit next, if any. */
  takeScan(): LogRead | undefined {
    const { scan } = this;
    this.scan = undefined;
    return scan;
  }

  /** Takes one chunk; true when the whole store is read and verified. */
  scanned(chunk: ScannedEntries): boolean {
    try {
      for (const { key, value } of chunk.entries) this.reader.take(key, value);
      if (chunk.done) this.restored = this.reader.finish();
    } catch (error) {
      if (!(error instanceof DamagedStore)) throw error;
      this.problem = error.message;
      return false;
    }
    if (!chunk.done) this.scanFrom(after(chunk.entries[chunk.entries.length - 1].key));
    return chunk.done;
  }
}

/** The record that makes this start count. */
export function bootRecord(boots: number): StoreOp {
  return { type: "put", key: tagKey(Tag.node), value: encodeNodeRecord(boots) };
}

/** The least key above this one. */
function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
