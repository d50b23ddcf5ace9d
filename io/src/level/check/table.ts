// Checks every block of a LevelDB table against its checksum. LevelDB itself reads tables without
// doing so, and a damaged block can end the process from inside its code.

import { maskedCrc32c } from "./crc32c.js";
import { unsnap } from "./snappy.js";
import { BrokenFormat, VarintReader } from "./varint-reader.js";

const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
const Compression = { none: 0, snappy: 1 } as const;

interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/** Throws `BrokenFormat` when anything in the table is not as it was written. */
export function checkTable(bytes: Uint8Array): void {
  const footerAt = bytes.length - FOOTER_BYTES;
  const isTable = footerAt >= 0 && MAGIC.every((byte, i) => bytes[bytes.length - 8 + i] === byte);
  if (!isTable) throw new BrokenFormat("its last bytes are not those of a table");
  const footer = new VarintReader(bytes, footerAt);
  const [meta, index] = [readHandle(footer), readHandle(footer)];
  for (const top of [meta, index]) {
    for (const handle of handlesIn(blockOf(bytes, top))) verify(bytes, handle);
  }
}

function readHandle(r: VarintReader): BlockHandle {
  return { offset: r.number(), size: r.number() };
}

function verify(bytes: Uint8Array, { offset, size }: BlockHandle): void {
  const end = offset + size + TRAILER_BYTES;
  if (end > bytes.length) throw new BrokenFormat(`the block at byte ${offset} is cut short`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The checksum covers the block and the byte that tells its compression.
  if (view.getUint32(end - 4, true) !== maskedCrc32c(bytes, offset, end - 4)) {
    throw new BrokenFormat(`the checksum of the block at byte ${offset} differs`);
  }
}

function blockOf(bytes: Uint8Array, handle: BlockHandle): Uint8Array {
  verify(bytes, handle);
  const { offset, size } = handle;
  const block = bytes.subarray(offset, offset + size);
  const compression = bytes[offset + size];
  if (compression === Compression.none) return block;
  if (compression === Compression.snappy) return unsnap(block);
  throw new BrokenFormat(`the block at byte ${offset} has an unknown compression`);
}

/** The handles that a meta-index or index block holds as its values. */
function handlesIn(block: Uint8Array): BlockHandle[] {
  if (block.length < 4) throw new BrokenFormat("an index block is too short");
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const restarts = view.getUint32(block.length - 4, true);
  const r = new VarintReader(block, 0, block.length - 4 - restarts * 4);
  const handles: BlockHandle[] = [];
  while (!r.isAtEnd) {
    r.number();
    const [keyBytes, valueBytes] = [r.number(), r.number()];
    r.skip(keyBytes);
    const end = r.at + valueBytes;
    handles.push(readHandle(r));
    r.at = end;
  }
  return handles;
}
