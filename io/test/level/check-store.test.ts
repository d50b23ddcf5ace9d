import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeDamage } from "../../src/level/check/check-store.js";
import { maskedCrc32c } from "../../src/level/check/crc32c.js";
import { unsnap } from "../../src/level/check/snappy.js";
import { BrokenFormat } from "../../src/level/check/varint-reader.js";

const BATCHES = 120;
const BLOCK_BYTES = 32 << 10;
let base: string;
/** All writes still in the log, and the same store after a start that moved them into tables. */
let young: string;
let old: string;

/** A third of it packs well, so that tables hold packed and plain blocks. */
function value(i: number): Buffer {
  const bytes = Buffer.alloc(900, `value ${i}`);
  for (let k = 0; k < 600; k += 1) bytes[k] = (i * 31 + k * k * 7 + (k >> 3)) & 0xff;
  return bytes;
}

async function write(path: string): Promise<void> {
  const db = new ClassicLevel<string, Uint8Array>(path, { valueEncoding: "view" });
  await db.open();
  for (let i = 0; i < BATCHES; i += 1) {
    await db
      .batch()
      .put(`key ${i}`, value(i))
      .put(`other ${i}`, Buffer.of(i))
      .write({ sync: true });
  }
  await db.close();
}

async function file(store: string, pattern: RegExp): Promise<string> {
  const names = (await readdir(store)).filter((name) => pattern.test(name)).sort();
  return join(store, names.at(-1) ?? "");
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "disheap-check-"));
  young = join(base, "young");
  old = join(base, "old");
  await write(young);
  await cp(young, old, { recursive: true });
  const db = new ClassicLevel(old);
  await db.open();
  await db.close();
});

afterAll(async () => {
  await rm(base, { recursive: true, force: true });
});

async function damaged(
  store: string,
  pattern: RegExp,
  change: (bytes: Buffer) => Uint8Array,
): Promise<string | undefined> {
  const copy = join(base, "copy");
  await rm(copy, { recursive: true, force: true });
  await cp(store, copy, { recursive: true });
  const path = await file(copy, pattern);
  await writeFile(path, change(await readFile(path)));
  return storeDamage(copy);
}

const flip =
  (at: number) =>
  (bytes: Buffer): Uint8Array => {
    bytes[at] ^= 0x20;
    return bytes;
  };

/** Where the last record of a log starts: every batch here is one record, except over a block's end. */
function lastRecordAt(bytes: Buffer): number {
  let last = 0;
  for (let at = 0; at + 7 <= bytes.length;) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < 7) {
      at += left;
      continue;
    }
    if (bytes[at + 6] <= 2) last = at;
    at += 7 + bytes.readUInt16LE(at + 4);
  }
  return last;
}

test("the checksum is that of the published check value, in LevelDB's masked form", () => {
  const crc = 0xe3069283;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  expect(maskedCrc32c(Buffer.from("123456789"), 0, 9)).toBe(masked);
});

test("packed blocks: literals, near and far copies, overlap; nonsense is refused", () => {
  const packed = Buffer.concat([Buffer.of(10, 4 * (2 - 1)), Buffer.from("ab"), Buffer.of(17, 2)]);
  expect(Buffer.from(unsnap(packed)).toString()).toBe("ababababab");
  for (const wrong of [
    [10, 17, 2],
    [200, 1, 0, 97],
    [1, 4, 97, 98],
    [255, 255, 255, 255, 15],
  ]) {
    expect(() => unsnap(Buffer.from(wrong))).toThrow(BrokenFormat);
  }
});

describe("a store as LevelDB left it", () => {
  test("is intact, with its writes in the log or in tables", async () => {
    expect(await storeDamage(young)).toBeUndefined();
    expect(await storeDamage(old)).toBeUndefined();
    expect(await file(old, /\.ldb$/)).toMatch(/\.ldb$/);
  });

  test("without its log is damaged", async () => {
    const copy = join(base, "copy");
    await rm(copy, { recursive: true, force: true });
    await cp(young, copy, { recursive: true });
    await rm(await file(copy, /\.log$/));
    expect(await storeDamage(copy)).toContain("write-ahead log is missing");
  });
});

describe("the log", () => {
  test("a flipped byte before the last batch is damage, wherever it is", async () => {
    const bytes = await readFile(await file(young, /\.log$/));
    const last = lastRecordAt(bytes);
    expect(last).toBeGreaterThan(2 * BLOCK_BYTES);
    for (let at = 0; at < last; at += 997) {
      // The few bytes that fill a block carry nothing.
      if (BLOCK_BYTES - (at % BLOCK_BYTES) < 7) continue;
      expect(await damaged(young, /\.log$/, flip(at)), `byte ${at}`).toContain("is broken at byte");
    }
    for (const at of [0, 4, 5, 6, 7]) {
      expect(await damaged(young, /\.log$/, flip(at)), `byte ${at}`).toContain("is broken at byte");
    }
  });

  test("a last batch that is cut off anywhere is a torn write, and no damage", async () => {
    const bytes = await readFile(await file(young, /\.log$/));
    for (let length = lastRecordAt(bytes); length < bytes.length; length += 61) {
      const change = (all: Buffer): Uint8Array => all.subarray(0, length);
      expect(await damaged(young, /\.log$/, change), `cut at ${length}`).toBeUndefined();
    }
  });

  test("a last batch that never reached the disk, so that zeros are there, is no damage", async () => {
    const last = lastRecordAt(await readFile(await file(young, /\.log$/)));
    const change = (all: Buffer): Uint8Array => all.fill(0, last);
    expect(await damaged(young, /\.log$/, change)).toBeUndefined();
  });
});

describe("tables", () => {
  test("a flipped byte in a block, its checksum or the last bytes is damage", async () => {
    const { length } = await readFile(await file(old, /\.ldb$/));
    const places = [...Array.from({ length: 60 }, (_, i) => i * 1_291), length - 1, length - 8];
    for (const at of places.filter((place) => place < length - 48 || place >= length - 8)) {
      expect(await damaged(old, /\.ldb$/, flip(at)), `byte ${at}`).toContain("is broken");
    }
  });

  test("one that is cut short is damage", async () => {
    const change = (all: Buffer): Uint8Array => all.subarray(0, all.length - 100);
    expect(await damaged(old, /\.ldb$/, change)).toContain("is broken");
  });

  test("left-overs of a compaction that was killed are not part of the store", async () => {
    const copy = join(base, "copy");
    await rm(copy, { recursive: true, force: true });
    await cp(old, copy, { recursive: true });
    await writeFile(join(copy, "009999.ldb"), "half a table");
    expect(await storeDamage(copy)).toBeUndefined();
  });
});
