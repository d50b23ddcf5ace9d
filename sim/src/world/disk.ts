// The simulated disk: one node's medium, which outlives the node's processes, and the ports through
// which those processes use it. It follows the KV fault model (D-37): whole batches are lost, never
// parts of one. Each fault is counted when it took effect.
//
// S1 After a crash the disk holds every batch that a sync covered, a prefix of the others, and
//    nothing else, less only the damage that was inflicted on purpose.
// D1 A port that was closed, or whose process crashed, never completes anything again.
// D2 Writes complete in the order of their submission.

import { assert, below } from "@disheap/core";
import type { DiskEntry, DiskEvent, DiskOp, DiskPort } from "@disheap/io";
import { BatchLog } from "./disk-log.js";
import type { Damage } from "./disk-log.js";
import { KvStore, sameBytes, toHex, toStoreOps } from "./disk-store.js";
import type { StoreOp } from "./disk-store.js";
import type { DiskBoundary, DiskSettings, DiskTrace, Latency } from "./disk-settings.js";
import { chance, draw, exponential, kindOf, type Seed } from "./draw.js";

const DRAW = {
  open: kindOf("disk.open.latency"),
  read: kindOf("disk.read.latency"),
  write: kindOf("disk.write.latency"),
  completion: kindOf("disk.completion.latency"),
  identity: kindOf("disk.identity.latency"),
  identitySurvives: kindOf("disk.identity.survives"),
  storeId: kindOf("disk.store-id"),
  survivors: kindOf("disk.unsynced"),
} as const;

interface Batch {
  readonly number: number;
  readonly token: number;
  readonly ops: readonly StoreOp[];
  readonly sync: boolean;
  /** Visible to reads; without a sync still not safe. */
  isApplied: boolean;
}

/** A value that is read is another one, or is not there. */
type Rot = "altered" | "missing";

/** One process's use of the disk. */
interface Instance {
  readonly push: (event: DiskEvent) => void;
  isDead: boolean;
  /** Submitted and not yet applied, in order. */
  readonly queue: Batch[];
  appliedUntilUs: number;
  completedUntilUs: number;
}

export interface DiskOptions {
  /** The node this disk belongs to: the site of its draws. */
  readonly node: number;
  readonly seed: Seed;
  readonly settings: DiskSettings;
  /** Begins with everything that this disk holds for certain now. */
  readonly copyOf?: SimDisk;
  /** Runs `run` at simulated time `atUs`; equal times run in the order they were scheduled. */
  readonly schedule: (atUs: number, run: () => void) => void;
  readonly now: () => number;
  /** Called at every boundary; it may call `crash`, and nothing after it happens then. */
  readonly onBoundary?: (kind: DiskBoundary, token: number) => void;
  readonly trace?: DiskTrace;
}

export class SimDisk {
  /** Faults that took effect, by their name in the fault catalogue. */
  readonly counts = new Map<string, number>();
  private readonly options: DiskOptions;
  /** The node whose store it is, also when this is a copy. */
  private home: number;
  private log: BatchLog;
  private live = new KvStore();
  /** Batches that no sync covers yet, in order of submission. */
  private unsynced: Batch[] = [];
  /** Every port that is neither closed nor crashed; at most one of them owns the store. */
  private readonly instances = new Set<Instance>();
  private owner: Instance | undefined;
  /** Grows when the whole directory is replaced by an empty one. */
  private generation = 1;
  /** Beside the store, and not part of it: damage to the store leaves it alone. */
  private identity: Uint8Array | undefined;
  /** Under way: a crash keeps the old record or the new one. */
  private identityWrite: Uint8Array | undefined;
  private stalledUntilUs = 0;
  private batches = 0;
  /** How many draws of a kind were made, so that one more read shifts no write. */
  private readonly ordinals = new Map<number, number>();
  private crashes = 0;
  /** Keys whose value is altered when it is read, until it is written anew. */
  private readonly rotten = new Map<string, Rot>();
  /** When the present process was handed such a value first. */
  metRotAtUs: number | undefined;
  /** What the present process was handed by scans. */
  handedOut = new WeakSet<ArrayBufferLike>();

  constructor(options: DiskOptions) {
    this.options = options;
    const original = options.copyOf;
    this.home = original?.home ?? options.node;
    if (original) {
      this.generation = original.generation;
      this.identity = original.identity;
    }
    this.log = new BatchLog(options.settings.walBytes, original?.log.rebuild());
    this.live = this.log.rebuild();
  }

  /** A new process's port. Its predecessor must be closed or crashed before `open` succeeds. */
  port(push: (event: DiskEvent) => void): DiskPort {
    const instance: Instance = {
      push,
      isDead: false,
      queue: [],
      appliedUntilUs: 0,
      completedUntilUs: 0,
    };
    this.instances.add(instance);
    return {
      open: (token) => this.open(instance, token),
      write: (token, ops, sync) => this.write(instance, token, ops, sync),
      identify: (token, record) => this.identify(instance, token, record),
      scan: (token, from, to, bytesMax) => {
        const [low, high] = [toHex(from), toHex(to)];
        this.read(instance, token, () => {
          const isGone = this.rotten.size === 0 ? undefined : (key: string) => this.isGone(key);
          const { entries, done } = this.live.scan(low, high, bytesMax, isGone);
          return { kind: "disk.scanned", token, entries: this.asRead(entries), done };
        });
      },
      close: () => this.close(instance),
    };
  }

  /** The processes that use the disk die: of the batches that no sync covered a prefix survives. */
  crash(): void {
    for (const instance of this.instances) instance.isDead = true;
    this.instances.clear();
    this.owner = undefined;
    this.crashes += 1;
    if (this.identityWrite && chance(this.draw(DRAW.identitySurvives, this.crashes), 500_000)) {
      this.identity = this.identityWrite;
    }
    this.identityWrite = undefined;
    const pending = this.unsynced;
    this.unsynced = [];
    const kept = below(this.draw(DRAW.survivors, this.crashes), pending.length + 1);
    for (const batch of pending.slice(0, kept)) this.log.append({ ...batch, isSynced: false });
    for (const batch of pending.slice(kept)) this.trace("disk.lost", batch.number);
    if (kept < pending.length) this.count("disk.unsynced");
    this.live = this.log.rebuild();
  }

  /** Nothing completes before `untilUs`. */
  stall(untilUs: number): void {
    this.stalledUntilUs = Math.max(this.stalledUntilUs, untilUs);
  }

  /** Damage that `inflict` may do now; undefined when nothing on the disk allows it. */
  chooseDrop(pick: number, runMax: number): Damage | undefined {
    return this.log.chooseDrop(pick, runMax);
  }

  chooseRevert(pick: number): Damage | undefined {
    return this.log.chooseRevert(pick);
  }

  /** Damages a disk that no process has open. Says whether its content changed. */
  inflict(damage: Damage): boolean {
    assert(this.owner === undefined, "S1: damage falls on a disk that no process has open");
    const before = this.live;
    const keys = new Set(damage.keys.map(toHex));
    this.log.inflict(damage, keys);
    this.live = this.log.rebuild();
    const hasChanged = [...keys].some((key) => !sameBytes(before.get(key), this.live.get(key)));
    if (!hasChanged) return false;
    this.count(damage.kind);
    for (const number of damage.batches) this.trace("disk.damage", number);
    return true;
  }

  /** What a process would find for certain after a crash now, by hex key. For the oracles. */
  durable(): ReadonlyMap<string, Uint8Array> {
    const isLive = this.unsynced.every((batch) => !batch.isApplied);
    return (isLive ? this.live : this.log.rebuild()).content();
  }

  /** One value of `durable()`, by hex key; cheap while every batch that was applied is also synced. */
  durableValue(key: string): Uint8Array | undefined {
    const isLive = this.unsynced.every((batch) => !batch.isApplied);
    return isLive ? this.live.get(key) : this.log.rebuild().get(key);
  }

  /** Synced values rot: whoever reads them gets others, or does not find them. */
  rot(keys: Iterable<string>, how: Rot = "altered"): void {
    for (const key of keys) if (this.live.get(key)) this.rotten.set(key, how);
  }

  private asRead(values: readonly DiskEntry[]): readonly DiskEntry[] {
    const entries = this.rotten.size === 0 ? values : this.rottenOf(values);
    for (const { value } of entries) this.handedOut.add(value.buffer);
    return entries;
  }

  private rottenOf(entries: readonly DiskEntry[]): readonly DiskEntry[] {
    return entries.map(({ key, value }) => {
      if (this.rotten.get(toHex(key)) !== "altered") return { key, value };
      this.metRot("disk.rot");
      const at = value.length - 1;
      return { key, value: value.map((byte, i) => (i === at ? byte ^ 1 : byte)) };
    });
  }

  /** A value that rotted away; whoever reads past it has met it. */
  private isGone(key: string): boolean {
    const isGone = this.rotten.get(key) === "missing";
    if (isGone) this.metRot("disk.rot-missing");
    return isGone;
  }

  private metRot(fault: string): void {
    this.metRotAtUs ??= this.options.now();
    this.count(fault);
  }

  private open(instance: Instance, token: number): void {
    this.after(instance, DRAW.open, this.options.settings.open, () => {
      if (this.owner !== undefined) {
        const message =
          `The disk of node ${this.options.node} is already open in another process;` +
          " stop that process first.";
        instance.push({ kind: "disk.failed", token, message });
        return;
      }
      this.owner = instance;
      this.metRotAtUs = undefined;
      this.handedOut = new WeakSet();
      this.log.fold();
      const identity = this.identity?.slice();
      instance.push({ kind: "disk.opened", token, storeId: this.storeId(), identity });
    });
  }

  /** Someone empties the data directory: no process has it open. */
  wipe(): void {
    assert(this.owner === undefined, "S1: a directory is emptied while no process has it open");
    this.generation += 1;
    this.log = new BatchLog(this.options.settings.walBytes);
    this.live = new KvStore();
    this.rotten.clear();
    this.identity = undefined;
  }

  /** Its directory was copied from another node's before anything was written, its store id with it. */
  becomeCopyOf(other: SimDisk): void {
    assert(this.live.content().size === 0, "S5: only an empty store becomes a copy of another one");
    this.home = other.home;
    this.generation = other.generation;
  }

  /** Someone puts the store back to what it held once; what lies beside it stays. No process has it open. */
  putBack(values: ReadonlyMap<string, Uint8Array>): void {
    assert(this.owner === undefined, "S1: a store is put back while no process has it open");
    const held = new KvStore();
    held.apply([...values].map(([key, value]) => ({ key, value })));
    this.log = new BatchLog(this.options.settings.walBytes, held);
    this.live = this.log.rebuild();
  }

  /** What a process would find beside the store after a crash now. */
  get identityRecord(): Uint8Array | undefined {
    return this.identity;
  }

  private storeId(): string {
    const half = (part: number): string =>
      draw(this.options.seed, DRAW.storeId, this.home, this.generation * 2 + part)
        .toString(16)
        .padStart(8, "0");
    return half(0) + half(1);
  }

  private identify(instance: Instance, token: number, record: Uint8Array): void {
    if (instance.isDead) return;
    if (this.owner !== instance) return this.refuse(instance, token);
    this.identityWrite = record.slice();
    this.after(instance, DRAW.identity, this.options.settings.sync, () => {
      this.identity = this.identityWrite;
      this.identityWrite = undefined;
      this.options.onBoundary?.("identity.durable", token);
      if (instance.isDead) return;
      instance.push({ kind: "disk.identified", token });
    });
  }

  private write(instance: Instance, token: number, ops: readonly DiskOp[], sync: boolean): void {
    if (instance.isDead) return;
    if (this.owner !== instance) return this.refuse(instance, token);
    this.batches += 1;
    const batch: Batch = {
      number: this.batches,
      token,
      ops: toStoreOps(ops),
      sync,
      isApplied: false,
    };
    this.unsynced.push(batch);
    instance.queue.push(batch);
    this.options.trace?.("disk.submit", batch.number, ops);
    const { settings, now, schedule } = this.options;
    const latencyUs = this.latencyUs(DRAW.write, sync ? settings.sync : settings.write);
    instance.appliedUntilUs = Math.max(instance.appliedUntilUs, now() + latencyUs);
    schedule(instance.appliedUntilUs, () => this.applyNext(instance, false));
    this.options.onBoundary?.("write.submitted", token);
  }

  /** The oldest queued batch is applied; with a sync, it and all before it become durable. */
  private applyNext(instance: Instance, wasHeld: boolean): void {
    if (instance.isDead) return;
    if (this.isHeld(() => this.applyNext(instance, true))) return;
    if (wasHeld) this.count("disk.stall");
    const batch = instance.queue.shift();
    assert(batch !== undefined, "D2: one application per submitted batch");
    this.live.apply(batch.ops);
    if (this.rotten.size > 0) for (const { key } of batch.ops) this.rotten.delete(key);
    batch.isApplied = true;
    if (batch.sync) {
      while (this.unsynced.length > 0 && this.unsynced[0].number <= batch.number) {
        this.log.append({ ...this.unsynced[0], isSynced: true });
        this.unsynced.shift();
      }
      this.trace("disk.durable", batch.number);
      this.options.onBoundary?.("write.durable", batch.token);
      if (instance.isDead) return;
    }
    this.complete(instance, batch);
  }

  private complete(instance: Instance, batch: Batch): void {
    const { settings, now, schedule } = this.options;
    const latencyUs = this.latencyUs(DRAW.completion, settings.completion);
    instance.completedUntilUs = Math.max(instance.completedUntilUs, now() + latencyUs);
    schedule(instance.completedUntilUs, () => {
      if (instance.isDead) return;
      this.trace("disk.written", batch.number);
      instance.push({ kind: "disk.written", token: batch.token });
      this.options.onBoundary?.("write.completed", batch.token);
    });
  }

  private read(instance: Instance, token: number, answer: () => DiskEvent): void {
    if (instance.isDead) return;
    if (this.owner !== instance) return this.refuse(instance, token);
    this.after(instance, DRAW.read, this.options.settings.read, () => instance.push(answer()));
  }

  private close(instance: Instance): void {
    if (instance.isDead) return;
    instance.isDead = true;
    this.instances.delete(instance);
    if (this.owner !== instance) return;
    this.owner = undefined;
    // A clean close waits for what was submitted; the operating system keeps it.
    for (const batch of this.unsynced) {
      if (!batch.isApplied) this.live.apply(batch.ops);
      this.log.append({ ...batch, isSynced: false });
    }
    this.unsynced = [];
  }

  private refuse(instance: Instance, token: number): void {
    this.after(instance, DRAW.read, this.options.settings.read, () => {
      const message = "The store is not open; submit operations after disk.opened.";
      instance.push({ kind: "disk.failed", token, message });
    });
  }

  /** Runs `done` after a drawn latency and any stall, unless the process is gone by then. */
  private after(instance: Instance, kind: number, latency: Latency, done: () => void): void {
    const { now, schedule } = this.options;
    const run = (wasHeld: boolean): void => {
      if (instance.isDead) return;
      if (this.isHeld(() => run(true))) return;
      if (wasHeld) this.count("disk.stall");
      done();
    };
    schedule(now() + this.latencyUs(kind, latency), () => run(false));
  }

  private isHeld(again: () => void): boolean {
    if (this.options.now() >= this.stalledUntilUs) return false;
    this.options.schedule(this.stalledUntilUs, again);
    return true;
  }

  private latencyUs(kind: number, { minUs, meanUs, capUs }: Latency): number {
    const ordinal = (this.ordinals.get(kind) ?? 0) + 1;
    this.ordinals.set(kind, ordinal);
    return Math.min(capUs, minUs + exponential(this.draw(kind, ordinal), meanUs, capUs));
  }

  private draw(kind: number, ordinal: number): number {
    return draw(this.options.seed, kind, this.options.node, ordinal);
  }

  private trace(kind: Parameters<DiskTrace>[0], number: number): void {
    this.options.trace?.(kind, number, undefined);
  }

  private count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}
