// SipHash-2-4 with 128-bit output: the keyed MAC of lease tokens (D-15). 64-bit words are pairs of
// 32-bit halves in local variables, because one is computed for each delivery and each settle.
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF"; checked against its vectors.

const ROUNDS_PER_WORD = 2;
const ROUNDS_TO_FINISH = 4;

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** Half of the last word: up to four of the bytes that are left, from `from` on. */
function rest(message: Uint8Array, from: number): number {
  let half = 0;
  const end = Math.min(message.length, from + 4);
  for (let i = from; i < end; i += 1) half |= message[i] << (8 * (i - from));
  return half;
}

function write(out: Uint8Array, at: number, lo: number, hi: number): void {
  for (let i = 0; i < 4; i += 1) {
    out[at + i] = lo >>> (8 * i);
    out[at + 4 + i] = hi >>> (8 * i);
  }
}

/** 16 bytes of MAC over `message` under a 16-byte key. */
export function siphash128(key: Uint8Array, message: Uint8Array): Uint8Array {
  const out = new Uint8Array(16);
  const tailFrom = message.length & ~7;
  // The last word: the bytes that are left, and the length modulo 256 in its highest byte.
  const tailLo = rest(message, tailFrom);
  const tailHi = rest(message, tailFrom + 4) | (message.length << 24);
  // The four words of state, v0 to v3, low and high half.
  let aLo = 0x70736575 ^ word(key, 0);
  let aHi = 0x736f6d65 ^ word(key, 4);
  let bLo = 0x6e646f6d ^ word(key, 8) ^ 0xee;
  let bHi = 0x646f7261 ^ word(key, 12);
  let cLo = 0x6e657261 ^ word(key, 0);
  let cHi = 0x6c796765 ^ word(key, 4);
  let dLo = 0x79746573 ^ word(key, 8);
  let dHi = 0x74656462 ^ word(key, 12);

  // One loop over all rounds, so that the round stands here once: two for each word of the message,
  // then four before each half of the output. `left` counts down to the end of the present stretch.
  let at = 0;
  let left = ROUNDS_PER_WORD;
  let lo = message.length < 8 ? tailLo : word(message, 0);
  let hi = message.length < 8 ? tailHi : word(message, 4);
  dLo ^= lo;
  dHi ^= hi;
  for (;;) {
    let sum = (aLo >>> 0) + (bLo >>> 0);
    aHi = (aHi + bHi + (sum > 0xffffffff ? 1 : 0)) | 0;
    aLo = sum | 0;
    let high = bHi;
    bHi = ((bHi << 13) | (bLo >>> 19)) ^ aHi;
    bLo = ((bLo << 13) | (high >>> 19)) ^ aLo;
    high = aHi;
    aHi = aLo;
    aLo = high;
    sum = (cLo >>> 0) + (dLo >>> 0);
    cHi = (cHi + dHi + (sum > 0xffffffff ? 1 : 0)) | 0;
    cLo = sum | 0;
    high = dHi;
    dHi = ((dHi << 16) | (dLo >>> 16)) ^ cHi;
    dLo = ((dLo << 16) | (high >>> 16)) ^ cLo;
    sum = (aLo >>> 0) + (dLo >>> 0);
    aHi = (aHi + dHi + (sum > 0xffffffff ? 1 : 0)) | 0;
    aLo = sum | 0;
    high = dHi;
    dHi = ((dHi << 21) | (dLo >>> 11)) ^ aHi;
    dLo = ((dLo << 21) | (high >>> 11)) ^ aLo;
    sum = (cLo >>> 0) + (bLo >>> 0);
    cHi = (cHi + bHi + (sum > 0xffffffff ? 1 : 0)) | 0;
    cLo = sum | 0;
    high = bHi;
    bHi = ((bHi << 17) | (bLo >>> 15)) ^ cHi;
    bLo = ((bLo << 17) | (high >>> 15)) ^ cLo;
    high = cHi;
    cHi = cLo;
    cLo = high;

    left -= 1;
    if (left > 0) continue;
    if (at <= tailFrom) {
      aLo ^= lo;
      aHi ^= hi;
      at += 8;
      if (at <= tailFrom) {
        left = ROUNDS_PER_WORD;
        lo = at === tailFrom ? tailLo : word(message, at);
        hi = at === tailFrom ? tailHi : word(message, at + 4);
        dLo ^= lo;
        dHi ^= hi;
      } else {
        left = ROUNDS_TO_FINISH;
        cLo ^= 0xee;
      }
    } else if (at === tailFrom + 8) {
      write(out, 0, aLo ^ bLo ^ cLo ^ dLo, aHi ^ bHi ^ cHi ^ dHi);
      at += 8;
      left = ROUNDS_TO_FINISH;
      bLo ^= 0xdd;
    } else {
      write(out, 8, aLo ^ bLo ^ cLo ^ dLo, aHi ^ bHi ^ cHi ^ dHi);
      return out;
    }
  }
}
