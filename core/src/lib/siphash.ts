// SipHash-2-4 with 128-bit output, in 32-bit halves: the keyed MAC of lease tokens (D-15).
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF"; checked against its vectors.

/** State words as (lo, hi) pairs: v0 v1 v2 v3 at 0..7. */
function round(v: Int32Array): void {
  add(v, 0, 2);
  rotl(v, 2, 13);
  xor(v, 2, 0);
  swap(v, 0);
  add(v, 4, 6);
  rotl(v, 6, 16);
  xor(v, 6, 4);
  add(v, 0, 6);
  rotl(v, 6, 21);
  xor(v, 6, 0);
  add(v, 4, 2);
  rotl(v, 2, 17);
  xor(v, 2, 4);
  swap(v, 4);
}

function add(v: Int32Array, a: number, b: number): void {
  const lo = (v[a] >>> 0) + (v[b] >>> 0);
  v[a + 1] = v[a + 1] + v[b + 1] + (lo >= 4294967296 ? 1 : 0);
  v[a] = lo;
}

function xor(v: Int32Array, a: number, b: number): void {
  v[a] ^= v[b];
  v[a + 1] ^= v[b + 1];
}

/** Rotates left by less than 32. */
function rotl(v: Int32Array, a: number, by: number): void {
  const lo = v[a];
  const hi = v[a + 1];
  v[a] = (lo << by) | (hi >>> (32 - by));
  v[a + 1] = (hi << by) | (lo >>> (32 - by));
}

/** Rotates left by 32. */
function swap(v: Int32Array, a: number): void {
  const lo = v[a];
  v[a] = v[a + 1];
  v[a + 1] = lo;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

function writeXorAll(v: Int32Array, out: Uint8Array, at: number): void {
  const lo = v[0] ^ v[2] ^ v[4] ^ v[6];
  const hi = v[1] ^ v[3] ^ v[5] ^ v[7];
  for (let i = 0; i < 4; i += 1) {
    out[at + i] = lo >>> (8 * i);
    out[at + 4 + i] = hi >>> (8 * i);
  }
}

/** 16 bytes of MAC over `message` under a 16-byte key. */
export function siphash128(key: Uint8Array, message: Uint8Array): Uint8Array {
  const k = [word(key, 0), word(key, 4), word(key, 8), word(key, 12)];
  const v = Int32Array.from([
    0x70736575 ^ k[0],
    0x736f6d65 ^ k[1],
    0x6e646f6d ^ k[2],
    0x646f7261 ^ k[3],
    0x6e657261 ^ k[0],
    0x6c796765 ^ k[1],
    0x79746573 ^ k[2],
    0x74656462 ^ k[3],
  ]);
  v[2] ^= 0xee;
  const whole = message.length - (message.length % 8);
  const last = new Uint8Array(8);
  last.set(message.subarray(whole));
  last[7] = message.length;
  for (let at = 0; at <= whole; at += 8) {
    const source = at === whole ? last : message;
    const from = at === whole ? 0 : at;
    const lo = word(source, from);
    const hi = word(source, from + 4);
    v[6] ^= lo;
    v[7] ^= hi;
    round(v);
    round(v);
    v[0] ^= lo;
    v[1] ^= hi;
  }
  const out = new Uint8Array(16);
  v[4] ^= 0xee;
  for (let i = 0; i < 4; i += 1) round(v);
  writeXorAll(v, out, 0);
  v[2] ^= 0xdd;
  for (let i = 0; i < 4; i += 1) round(v);
  writeXorAll(v, out, 8);
  return out;
}
