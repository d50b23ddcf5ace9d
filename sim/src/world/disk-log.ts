// The durable side of a simulated disk: a base and the newest batches, which are still in the
// write-ahead log and are therefore the only ones that damage can reach (D-36, D-37). Damage is
// chosen first and inflicted later, so that the fault atlas can look at its keys and refuse it.

import { assert, below, mix32 } from "@disheap/core";
import { KvStore, fromHex, sameBytes } from "./disk-store.js";
import type { StoreOp } from "./disk-store.js";

interface LoggedBatch {
  /** Position in the order of submission, from 1. */
  readonly number: number;
  readonly ops: readonly StoreOp[];
  /** False for a batch that no sync covered and that survived a crash by luck. */
  readonly isSynced: boolean;
}

/** A possible or inflicted loss of synced data. */
export interface Damage {
  readonly kind: "disk.dropped" | "disk.revert";
  /** Numbers of the batches that lose all (dropped) or one (revert) of their operations. */
  readonly batches: readonly number[];
  /** The keys whose content may differ afterwards. */
  readonly keys: readonly Uint8Array[];
}

export class BatchLog {
  private readonly windowBytes: number;
  private readonly base: KvStore;
  private recent: LoggedBatch[] = [];
  private recentBytes = 0;

  constructor(windowBytes: number, base = new KvStore()) {
    this.windowBytes = windowBytes;
    this.base = base;
  }

  append(batch: LoggedBatch): void {
    const last = this.recent.at(-1);
    assert(last === undefined || last.number < batch.number, "S1: batches are logged in order");
    this.recent.push(batch);
    this.recentBytes += bytesOf(batch);
    let folded = 0;
    while (folded < this.recent.length - 1 && this.recentBytes > this.windowBytes) {
      this.recentBytes -= bytesOf(this.recent[folded]);
      this.base.apply(this.recent[folded].ops);
      folded += 1;
    }
    if (folded > 0) this.recent.splice(0, folded);
  }

  /** The store was opened: recovery has turned the write-ahead log into tables. */
  fold(): void {
    for (const batch of this.recent) this.base.apply(batch.ops);
    this.recent = [];
    this.recentBytes = 0;
  }

  /** What a process would find if it opened the store now. */
  rebuild(): KvStore {
    const store = new KvStore(this.base);
    for (const batch of this.recent) store.apply(batch.ops);
    return store;
  }

  /** A run of 1..runMax synced batches, never reaching the newest batch; `pick` is any u32. */
  chooseDrop(pick: number, runMax: number): Damage | undefined {
    const starts: number[] = [];
    for (let i = 0; i < this.recent.length - 1; i += 1) if (this.recent[i].isSynced) starts.push(i);
    if (starts.length === 0) return undefined;
    const start = starts[below(pick, starts.length)];
    const length = 1 + below(mix32(pick), runMax);
    const run: LoggedBatch[] = [];
    for (let i = start; i < this.recent.length - 1 && run.length < length; i += 1) {
      if (!this.recent[i].isSynced) break;
      run.push(this.recent[i]);
    }
    const keys = new Set(run.flatMap((batch) => batch.ops.map((op) => op.key)));
    return {
      kind: "disk.dropped",
      batches: run.map((batch) => batch.number),
      keys: [...keys].map(fromHex),
    };
  }

  /** One key last written in a synced batch before the newest, with an older value to go back to. */
  chooseRevert(pick: number): Damage | undefined {
    const older = new KvStore(this.base);
    const candidates = new Map<string, number>();
    for (const [i, batch] of this.recent.entries()) {
      for (const { key, value } of batch.ops) {
        const before = older.get(key);
        candidates.delete(key);
        if (i === this.recent.length - 1 || !batch.isSynced) continue;
        if (value === undefined || before === undefined || sameBytes(before, value)) continue;
        candidates.set(key, batch.number);
      }
      older.apply(batch.ops);
    }
    if (candidates.size === 0) return undefined;
    const [key, number] = [...candidates][below(pick, candidates.size)];
    return { kind: "disk.revert", batches: [number], keys: [fromHex(key)] };
  }

  /** Forgets the damaged operations: the content becomes as if they had never been written. */
  inflict(damage: Damage, keys: ReadonlySet<string>): void {
    this.recent = this.recent.flatMap((batch) => {
      if (!damage.batches.includes(batch.number)) return [batch];
      if (damage.kind === "disk.dropped") return [];
      return [{ ...batch, ops: batch.ops.filter((op) => !keys.has(op.key)) }];
    });
  }
}

function bytesOf(batch: LoggedBatch): number {
  let bytes = 0;
  for (const { key, value } of batch.ops) bytes += key.length / 2 + (value?.length ?? 0);
  return bytes;
}
