// DiskPort over LevelDB. It turns promises into pushed events and lets none of them escape.
//
// D1 After close() nothing is pushed any more.
// D2 Writes complete in the order of their submission: one runs at a time, since LevelDB orders
//    concurrent writers by whichever thread comes first.
// D3 The first error poisons the port: whatever is submitted later fails too, nothing is retried,
//    because after a failed sync nobody knows what the disk holds (D-40).

import { assert } from "@disheap/core";
import { plainBytes } from "../plain-bytes.js";
import type { DiskEntry, DiskEvent, DiskOp, DiskPort } from "../ports.js";
import { replaceIdentity } from "./identity.js";
import { RESERVED_TAG, openLevel, openStore } from "./open-store.js";
import type { Db, StoreOptions } from "./open-store.js";

interface LevelDiskOptions extends StoreOptions {
  /** Receives completions, never from inside a call of the port. */
  readonly push: (event: DiskEvent) => void;
}

export interface LevelDisk extends DiskPort {
  /** As `close`, and calls back once the directory is free for the next process. */
  release(onReleased: () => void): void;

  /**
   * Opens the tables anew, between two operations. LevelDB maps them, and whatever was read of them counts as memory
   * of this process for as long as they are open. Nothing happens where little was read.
   */
  reopen(): void;
}

interface Write {
  readonly token: number;
  readonly ops: readonly DiskOp[];
  readonly sync: boolean;
}

/** Of a failure that belongs to no operation. */
const NO_TOKEN = 0;
/** Entries fetched per step of a scan. */
const SCAN_STEP_ENTRIES = 256;
/** Less than this is not worth opening tables for. */
const REOPEN_BYTES = 16 << 20;
const END_OF_KEYS = Uint8Array.of(RESERVED_TAG);

class LevelDiskPort implements LevelDisk {
  private readonly options: LevelDiskOptions;
  private db: Db | undefined;
  private storeUuid = "";
  private identifying: Promise<void> = Promise.resolve();
  private failure: string | undefined;
  private isClosed = false;
  private readonly writes: Write[] = [];
  private running: Write | undefined;
  private opening: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private reopening: Promise<void> | undefined;
  private wantsReopen = false;
  /** Reads under way, and what was read since the tables were opened. */
  private reads = 0;
  private readBytes = 0;
  private drained: (() => void) | undefined;

  constructor(options: LevelDiskOptions) {
    this.options = options;
  }

  open(token: number): void {
    assert(this.opening === undefined, "disk: a port is opened once");
    this.opening = openStore(this.options).then(
      ({ db, identity }) => {
        this.db = db;
        this.storeUuid = identity.storeUuid;
        const { storeUuid: storeId, record } = identity;
        this.push({ kind: "disk.opened", token, storeId, identity: record });
      },
      (error: unknown) => this.fail(token, messageOf(error)),
    );
  }

  write(token: number, ops: readonly DiskOp[], sync: boolean): void {
    for (const op of ops) assert(op.key[0] !== RESERVED_TAG, "disk: keys never start with 0xff");
    if (this.isRefused(token)) return;
    this.writes.push({ token, ops, sync });
    this.writeNext();
  }

  identify(token: number, record: Uint8Array): void {
    if (this.isRefused(token)) return;
    const { directory } = this.options;
    this.identifying = replaceIdentity(directory, {
      state: "ready",
      storeUuid: this.storeUuid,
      record,
    }).then(
      () => this.push({ kind: "disk.identified", token }),
      (error: unknown) => this.fail(token, this.sentence("written", error)),
    );
  }

  scan(token: number, from: Uint8Array, to: Uint8Array, bytesMax: number): void {
    const end = to.length > 0 && to[0] === RESERVED_TAG ? END_OF_KEYS : to;
    this.read(token, async (db) => {
      const { entries, done } = await scanRange(db, from, end, bytesMax);
      for (const { value } of entries) this.readBytes += value.length;
      return { kind: "disk.scanned", token, entries, done };
    });
  }

  private read(token: number, take: (db: Db) => Promise<DiskEvent>): void {
    if (this.isRefused(token)) return;
    this.reads += 1;
    const taken =
      this.reopening === undefined
        ? take(this.theDb())
        : this.reopening.then(() => take(this.theDb()));
    taken
      .then(
        (event) => this.push(event),
        (error: unknown) => this.fail(token, this.sentence("read", error)),
      )
      .finally(() => {
        this.reads -= 1;
        this.reopenIfIdle();
      });
  }

  reopen(): void {
    this.wantsReopen = this.readBytes >= REOPEN_BYTES;
    this.reopenIfIdle();
  }

  private reopenIfIdle(): void {
    if (!this.wantsReopen || this.failure !== undefined || this.isClosed) return;
    if (this.running !== undefined || this.reads > 0 || this.reopening !== undefined) return;
    this.wantsReopen = false;
    this.readBytes = 0;
    this.reopening = this.openAnew().then(
      () => undefined,
      (error: unknown) => this.fail(NO_TOKEN, messageOf(error)),
    );
    void this.reopening.then(() => {
      this.reopening = undefined;
      this.writeNext();
    });
  }

  private async openAnew(): Promise<void> {
    await this.theDb().close();
    this.db = await openLevel(this.options.directory, false);
  }

  close(): void {
    this.release(() => undefined);
  }

  release(onReleased: () => void): void {
    this.isClosed = true;
    this.closing ??= this.closeStore();
    this.closing.then(onReleased, onReleased);
  }

  /** Writes that were submitted before are carried out first. */
  private async closeStore(): Promise<void> {
    await this.opening;
    await this.identifying;
    await this.reopening;
    if (this.running !== undefined) {
      await new Promise<void>((resolve) => {
        this.drained = resolve;
      });
    }
    await this.db?.close();
  }

  private writeNext(): void {
    if (this.running !== undefined || this.reopening !== undefined) return;
    this.reopenIfIdle();
    if (this.reopening !== undefined) return;
    const write = this.writes.shift();
    if (write === undefined) {
      this.drained?.();
      return;
    }
    this.running = write;
    const { token } = write;
    this.submit(write).then(
      () => {
        this.running = undefined;
        this.push({ kind: "disk.written", token });
        this.writeNext();
      },
      (error: unknown) => {
        this.running = undefined;
        this.fail(token, this.sentence("written", error));
        for (const { token: later } of this.writes.splice(0)) this.refuse(later);
        this.drained?.();
      },
    );
  }

  private async submit({ ops, sync }: Write): Promise<void> {
    const batch = this.theDb().batch();
    for (const op of ops) {
      if (op.type === "put") batch.put(op.key, op.value);
      else batch.del(op.key);
    }
    // An empty batch would not reach the log, and a sync with it would sync nothing.
    if (ops.length === 0) batch.del(END_OF_KEYS);
    await batch.write({ sync });
  }

  private isRefused(token: number): boolean {
    if (this.isClosed) return true;
    if (this.db !== undefined && this.failure === undefined) return false;
    this.refuse(token);
    return true;
  }

  /** Answers a submission that was not even tried, later and never from inside the call. */
  private refuse(token: number): void {
    const message =
      this.failure === undefined
        ? "The store is not open; submit operations after disk.opened."
        : `Not tried after an earlier failure: ${this.failure}`;
    setImmediate(() => this.push({ kind: "disk.failed", token, message }));
  }

  private sentence(what: "read" | "written", error: unknown): string {
    return (
      `The store in the data directory ${this.options.directory} cannot be ${what}:` +
      ` ${messageOf(error)}. Check the disk and its free space, then start this node again;` +
      " do not delete files from the store."
    );
  }

  private fail(token: number, message: string): void {
    this.failure ??= message;
    this.push({ kind: "disk.failed", token, message });
  }

  private push(event: DiskEvent): void {
    if (!this.isClosed) this.options.push(event);
  }

  private theDb(): Db {
    assert(this.db !== undefined, "disk: the store is open");
    return this.db;
  }
}

/** Entries with from <= key < to until about `bytesMax` of values, at least one. */
async function scanRange(
  db: Db,
  from: Uint8Array,
  to: Uint8Array,
  bytesMax: number,
): Promise<{ entries: DiskEntry[]; done: boolean }> {
  const entries: DiskEntry[] = [];
  const iterator = db.iterator({ gte: from, lt: to });
  try {
    let bytes = 0;
    for (;;) {
      const step = await iterator.nextv(SCAN_STEP_ENTRIES);
      if (step.length === 0) return { entries, done: true };
      for (const [key, value] of step) {
        if (entries.length > 0 && bytes >= bytesMax) return { entries, done: false };
        entries.push({ key: plainBytes(key), value: plainBytes(value) });
        bytes += value.length;
      }
    }
  } finally {
    await iterator.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function createLevelDisk(options: LevelDiskOptions): LevelDisk {
  return new LevelDiskPort(options);
}
