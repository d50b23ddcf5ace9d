// Start-up of a node: opens the store, reads it in chunks, verifies it, counts this start durably. Until
// that is synced the node takes no part. Invariant:
//   STA1 what the store held is handed out once, after all of it was read and verified.

import { assert } from "../lib/assert.js";
import type { Crc32 } from "../lib/crc32.js";
import { encodeNodeRecord, Tag, tagKey } from "../wire/disk-records.js";
import { UnusableStore, StoreReader, type RestoredGroup, type RestoredStore } from "./boot.js";
import type { LogRead } from "./log-reads.js";
import type { DiskEntry, DiskOp } from "./disk.js";

/** Token of the scan that reads the store at start; log reads count from 1. */
export const BOOT_TOKEN = 0;
const BOOT_SCAN_BYTES = 4 << 20;

interface ScannedEntries {
  readonly entries: readonly DiskEntry[];
  readonly done: boolean;
}

export class Startup {
  /** Let go once all is read: only what is restored is kept, until its owners take it. */
  private reader: StoreReader | undefined;
  private scan: LogRead | undefined;
  private restored: RestoredStore | undefined;
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

  /** Takes one chunk; the store, when the whole of it is read and verified. */
  scanned(chunk: ScannedEntries): RestoredStore | undefined {
    const { reader } = this;
    if (!reader) return undefined;
    try {
      for (const { key, value } of chunk.entries) reader.take(key, value);
      if (chunk.done) this.restored = reader.finish();
    } catch (error) {
      if (!(error instanceof UnusableStore)) throw error;
      this.problem = error.message;
      return undefined;
    }
    if (chunk.done) this.reader = undefined;
    else this.scanFrom(after(chunk.entries[chunk.entries.length - 1].key));
    return this.restored;
  }

  /** What the store held of the groups; nothing of it stays here. */
  takeGroups(): Map<number, RestoredGroup> {
    const { restored } = this;
    assert(restored !== undefined, "STA1: what the store held is handed out once, when it is read");
    this.restored = undefined;
    return restored.groups;
  }
}

/** The record that makes this start count. */
export function bootRecord(boots: number): DiskOp {
  return { type: "put", key: tagKey(Tag.node), value: encodeNodeRecord(boots) };
}

/** The least key above this one. */
function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
