// What LevelDB's manifest says about the store: which tables are part of it, and from which log on
// its newest writes are found. Other files in the folder are left-overs.

import { BrokenFormat, VarintReader } from "./varint-reader.js";

const Tag = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLog: 9,
} as const;

export interface StoreVersion {
  readonly logNumber: number;
  readonly tables: ReadonlySet<number>;
}

/** Throws `BrokenFormat` for bytes that are no manifest. */
export function readManifest(records: readonly Uint8Array[]): StoreVersion {
  const tables = new Set<number>();
  let logNumber = 0;
  for (const record of records) {
    const r = new VarintReader(record);
    while (!r.isAtEnd) {
      const tag = r.number();
      switch (tag) {
        case Tag.comparator:
          r.skip(r.number());
          break;
        case Tag.logNumber:
          logNumber = r.number();
          break;
        case Tag.nextFile:
        case Tag.lastSequence:
        case Tag.previousLog:
          r.number();
          break;
        case Tag.compactPointer:
          r.number();
          r.skip(r.number());
          break;
        case Tag.deletedFile:
          r.number();
          tables.delete(r.number());
          break;
        case Tag.newFile:
          r.number();
          tables.add(r.number());
          r.number();
          r.skip(r.number());
          r.skip(r.number());
          break;
        default:
          throw new BrokenFormat(`unknown tag ${tag}`);
      }
    }
  }
  return { logNumber, tables };
}
