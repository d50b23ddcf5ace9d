// CRC-32 (IEEE 802.3), slice-by-4. One polynomial and one format for every record and frame, so an
// injected native implementation is interchangeable.

/** Computes a CRC-32 over bytes[from, to). Production injects zlib's; the result is the same. */
export type Crc32 = (bytes: Uint8Array, from: number, to: number) => number;

function makeTables(): Uint32Array {
  const tables = new Uint32Array(4 * 256);
  for (let n = 0; n < 256; n += 1) {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    tables[n] = c >>> 0;
  }
  for (let n = 0; n < 256; n += 1) {
    let c = tables[n];
    for (let t = 1; t < 4; t += 1) {
      c = tables[c & 0xff] ^ (c >>> 8);
      tables[t * 256 + n] = c >>> 0;
    }
  }
  return tables;
}

const TABLES = makeTables();

export const crc32: Crc32 = (bytes, from, to) => {
  let c = 0xffffffff;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    c ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    c =
      TABLES[768 + (c & 0xff)] ^
      TABLES[512 + ((c >>> 8) & 0xff)] ^
      TABLES[256 + ((c >>> 16) & 0xff)] ^
      TABLES[c >>> 24];
  }
  for (; i < to; i += 1) c = TABLES[(c ^ bytes[i]) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};
