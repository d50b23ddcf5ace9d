// A block of the bare log: its number (u64), its length (u32), 4 bytes of nothing, then the records.

export const NUMBER_BYTES = 8;
const HEAD_BYTES = 16;

export function blockOf(number: number, records: readonly Buffer[]): Buffer {
  const length = records.reduce((sum, record) => sum + record.length, HEAD_BYTES);
  const block = Buffer.allocUnsafe(length);
  block.writeBigUInt64BE(BigInt(number), 0);
  block.writeUInt32BE(length, NUMBER_BYTES);
  let at = HEAD_BYTES;
  for (const record of records) {
    record.copy(block, at);
    at += record.length;
  }
  return block;
}

export function numberOfBlock(bytes: Buffer): number {
  return Number(bytes.readBigUInt64BE(0));
}
