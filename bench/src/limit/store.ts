// The disk of the bare log: one synced batch at a time into a LevelDB of its own.

import { ClassicLevel } from "classic-level";

const WRITE_BUFFER_BYTES = 16 * 1024 * 1024;
const KEY_BYTES = 8;

export class LimitStore {
  private readonly db: ClassicLevel<Buffer, Buffer>;
  syncs = 0;
  writtenBytes = 0;

  private constructor(db: ClassicLevel<Buffer, Buffer>) {
    this.db = db;
  }

  static async open(folder: string): Promise<LimitStore> {
    const db = new ClassicLevel<Buffer, Buffer>(folder, {
      keyEncoding: "buffer",
      valueEncoding: "buffer",
      writeBufferSize: WRITE_BUFFER_BYTES,
    });
    await db.open();
    return new LimitStore(db);
  }

  /** Resolves when all blocks are on disk; the first of them has this number. */
  async append(first: number, blocks: readonly Buffer[]): Promise<void> {
    this.syncs += 1;
    const operations = blocks.map((value, i) => {
      const key = Buffer.alloc(KEY_BYTES);
      key.writeUInt32BE(first + i, 4);
      this.writtenBytes += KEY_BYTES + value.length;
      return { type: "put" as const, key, value };
    });
    await this.db.batch(operations, { sync: true });
  }
}
