// One synced disk batch per turn for all dirty groups, with its chain record (D-36, D-52, D-56); here "batch" for short.
// One is in flight at a time; what became dirty meanwhile goes into the next. Operations of a batch: deletes of
// overwritten blocks, blocks, hard state per group by id, old chain records, the chain record. Invariants:
//   PER1 one batch is in flight at a time, and what completes is that one (D-40);
//   PER2 the chain records that are kept are those of the newest batches, without a gap.

import { assert } from "../lib/assert.js";
import { Fifo } from "../lib/fifo.js";
import { fold32, hashBytes } from "../lib/hash.js";
import type { Replica } from "../member/replica.js";
import { BLOCK_HEADER_BYTES } from "../wire/blocks.js";
import {
  blockKey,
  encodeHardState,
  encodeTurnRecord,
  hardStateKey,
  Tag,
  turnKey,
  turnRecordHash,
  type DirtyGroup,
} from "../wire/disk-records.js";
import type { ChainEnd } from "./disk-batch-chain.js";
import type { DiskOp } from "./disk.js";

export interface DiskBatch {
  readonly n: number;
  readonly ops: readonly DiskOp[];
  readonly bytes: number;
}

/** Chain records are kept for this many bytes of batches: two write buffers of LevelDB (D-36). */
const CHAIN_KEEP_BYTES = 128 << 20;

export class Persistence {
  private nextDiskBatch = 1;
  private previousHash: readonly [number, number] = [0, 0];
  private dirtyBefore: readonly DirtyGroup[] = [];
  private readonly dirty = new Set<Replica>();
  private inFlight:
    | { n: number; replicas: { replica: Replica; seq: number }[]; sinceMs: number; bytes: number }
    | undefined;
  /** Sizes of the batches whose chain records are still kept, oldest first. */
  private kept = new Fifo<{ readonly n: number; readonly bytes: number }>();
  private keptBytes = 0;
  diskBatches = 0;
  diskBatchBytes = 0;

  private boots = 0;

  /** Goes on after the last record found at start; `boots` counts this start too. */
  restore(boots: number, { firstDiskBatch, lastDiskBatch, lastHash, lastDirty }: ChainEnd): void {
    this.boots = boots;
    this.nextDiskBatch = lastDiskBatch + 1;
    this.previousHash = lastHash;
    this.dirtyBefore = lastDirty;
    this.kept = new Fifo();
    for (let n = firstDiskBatch; n > 0 && n <= lastDiskBatch; n += 1)
      this.kept.push({ n, bytes: 4096 });
    this.keptBytes = this.kept.length * 4096;
  }

  markDirty(replica: Replica): void {
    this.dirty.add(replica);
  }

  get hasDirty(): boolean {
    return this.dirty.size > 0;
  }

  /** How long the batch in flight has been out, in milliseconds. */
  writingForMs(nowMs: number): number {
    return this.inFlight ? nowMs - this.inFlight.sinceMs : 0;
  }

  /** Bytes of the batch in flight. */
  get writingBytes(): number {
    return this.inFlight?.bytes ?? 0;
  }

  /** The next batch, when something is dirty and none is in flight. `extra` rides along. */
  takeDiskBatch(nowMs: number, extra: readonly DiskOp[] = []): DiskBatch | undefined {
    if (this.inFlight || (this.dirty.size === 0 && extra.length === 0)) return undefined;
    const n = this.nextDiskBatch;
    this.nextDiskBatch += 1;
    const ops: DiskOp[] = [...extra];
    const replicas: { replica: Replica; seq: number }[] = [];
    const dirty: DirtyGroup[] = [];
    const ordered = [...this.dirty].sort((a, b) => a.id - b.id);
    this.dirty.clear();
    for (const replica of ordered) {
      if (replica.stoppedBecause !== undefined) continue;
      const write = replica.raft.takeWrite();
      for (const first of write.deletedFirsts)
        ops.push({ type: "del", key: blockKey(replica.id, first) });
      for (const block of write.blocks) {
        ops.push({ type: "put", key: blockKey(replica.id, block.first), value: block.bytes });
      }
      const hardState = encodeHardState(write.hardState);
      ops.push({ type: "put", key: hardStateKey(replica.id), value: hardState });
      replicas.push({ replica, seq: write.seq });
      dirty.push({
        group: replica.id,
        lastIndex: write.hardState.lastIndex,
        hardStateHash: hashBytes(0x68617264, hardState),
      });
    }
    const bytes = this.addChainRecord(n, ops, dirty);
    this.inFlight = { n, replicas, sinceMs: nowMs, bytes };
    this.diskBatches += 1;
    this.diskBatchBytes += bytes;
    return { n, ops, bytes };
  }

  private addChainRecord(n: number, ops: DiskOp[], dirty: readonly DirtyGroup[]): number {
    let bytes = 0;
    for (const op of ops) bytes += op.key.length + (op.type === "put" ? op.value.length : 0);
    for (;;) {
      const oldest = this.kept.first();
      if (oldest === undefined || this.kept.length === 1) break;
      if (this.keptBytes - oldest.bytes <= CHAIN_KEEP_BYTES) break;
      this.kept.shift();
      this.keptBytes -= oldest.bytes;
      ops.push({ type: "del", key: turnKey(oldest.n) });
    }
    const value = encodeTurnRecord({
      n,
      boots: this.boots,
      oldest: this.kept.first()?.n ?? n,
      previousHash: this.previousHash[0],
      previousHash2: this.previousHash[1],
      operationsHash: operationsHash(ops),
      dirty,
      dirtyBefore: this.dirtyBefore,
    });
    ops.push({ type: "put", key: turnKey(n), value });
    this.previousHash = turnRecordHash(value);
    this.dirtyBefore = dirty;
    this.kept.push({ n, bytes });
    this.keptBytes += bytes;
    const first = this.kept.first()?.n ?? 0;
    assert(first + this.kept.length === n + 1, "PER2: the kept chain has no gap up to its end");
    return bytes + value.length;
  }

  /** The batch in flight is synced: its groups' persists complete, in the order of their ids. */
  written(n: number): readonly { readonly replica: Replica; readonly seq: number }[] {
    const done = this.inFlight;
    assert(done !== undefined && done.n === n, `D-40: batch ${n} must complete in order`);
    this.inFlight = undefined;
    return done.replicas;
  }
}

/** Of a log block its header is hashed: the checksum in it speaks for the rest. */
function operationsHash(ops: readonly DiskOp[]): number {
  let h = 0x6f707321;
  for (const op of ops) {
    h = fold32(h, hashBytes(op.type === "put" ? 1 : 2, op.key));
    if (op.type !== "put") continue;
    const end = op.key[0] === Tag.block ? BLOCK_HEADER_BYTES : op.value.length;
    h = fold32(h, hashBytes(3, op.value, 0, end));
  }
  return h;
}
