// Little-endian reading and writing of our binary formats. A reader throws `MalformedInput` on bytes
// that do not fit; frame and record decoders turn that into a refusal at their edge. Integers above
// 32 bits are written as u48 (indices, stamps, stream ids), never as BigInt.

/** Bytes from outside do not follow the format. Caught where frames and records are decoded. */
export class MalformedInput extends Error {
  override readonly name: string = "MalformedInput";
}

/** Whole bytes, of a format that this version does not know: never to be called damage (D-86). */
export class UnknownVersion extends MalformedInput {
  override readonly name = "UnknownVersion";
}

const TWO32 = 4294967296;

/** Beyond this share of unused bytes a finished buffer is copied to its size. */
const SLACK_MAX = 1 / 4;

// Both classes move bytes one by one: no DataView is made for every record of a few fields. What is written and
// read most, u32 and u48, is in one piece: a call within it is a quarter of its time.

export class Writer {
  private bytes: Uint8Array;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  private grow(count: number): void {
    const needed = this.length + count;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  private reserve(count: number): number {
    const at = this.length;
    if (at + count > this.bytes.length) this.grow(count);
    this.length = at + count;
    return at;
  }

  u8(value: number): this {
    // The reservation comes first: it may replace the buffer.
    const at = this.reserve(1);
    this.bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.reserve(2);
    this.setU16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.length;
    if (at + 4 > this.bytes.length) this.grow(4);
    this.length = at + 4;
    const { bytes } = this;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    return this;
  }

  i32(value: number): this {
    return this.u32(value);
  }

  u48(value: number): this {
    const at = this.length;
    if (at + 6 > this.bytes.length) this.grow(6);
    this.length = at + 6;
    const low = value >>> 0;
    const high = (value - low) / TWO32;
    const { bytes } = this;
    bytes[at] = low;
    bytes[at + 1] = low >>> 8;
    bytes[at + 2] = low >>> 16;
    bytes[at + 3] = low >>> 24;
    bytes[at + 4] = high;
    bytes[at + 5] = high >>> 8;
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
    return this;
  }

  /** u32 length, then the bytes. */
  blob(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** u16 length, then UTF-8. */
  text(value: string): this {
    const bytes = utf8Encode(value);
    return this.u16(bytes.length).raw(bytes);
  }

  setU32(at: number, value: number): void {
    const { bytes } = this;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  setU16(at: number, value: number): void {
    this.bytes[at] = value;
    this.bytes[at + 1] = value >>> 8;
  }

  /** Sets a bit, from 0, of a byte that was written. */
  setBit(at: number, place: number): void {
    this.bytes[at] |= 1 << place;
  }

  /** A view that is valid until the next write. */
  peek(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** A copy of exactly what was written; the writer may go on. */
  copy(from = 0): Uint8Array {
    return this.bytes.slice(from, this.length);
  }

  /** Takes back what was written from `length` on. */
  truncate(length: number): void {
    this.length = length;
  }

  /** What was written. The buffer goes with it where it fits well: nothing is written after this. */
  finish(): Uint8Array {
    const { bytes, length } = this;
    if (length === bytes.length) return bytes;
    return bytes.length - length <= bytes.length * SLACK_MAX ? this.peek() : this.copy();
  }

  reset(): void {
    this.length = 0;
  }
}

export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  private take(count: number): number {
    const at = this.at;
    if (at + count > this.end) refuseShort(count, at);
    this.at = at + count;
    return at;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.bytes[this.take(1)];
  }

  u16(): number {
    const at = this.take(2);
    return this.bytes[at] | (this.bytes[at + 1] << 8);
  }

  u32(): number {
    const { bytes, at } = this;
    if (at + 4 > this.end) refuseShort(4, at);
    this.at = at + 4;
    const low = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    return (low | (bytes[at + 3] << 24)) >>> 0;
  }

  i32(): number {
    return this.u32() | 0;
  }

  u48(): number {
    const { bytes, at } = this;
    if (at + 6 > this.end) refuseShort(6, at);
    this.at = at + 6;
    const low = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    const high = bytes[at + 4] | (bytes[at + 5] << 8);
    return ((low | (bytes[at + 3] << 24)) >>> 0) + high * TWO32;
  }

  /** A view into the input. */
  raw(count: number): Uint8Array {
    const at = this.take(count);
    return this.bytes.subarray(at, at + count);
  }

  copy(count: number): Uint8Array {
    const at = this.take(count);
    return this.bytes.slice(at, at + count);
  }

  blob(): Uint8Array {
    return this.raw(this.u32());
  }

  text(): string {
    return utf8Decode(this.raw(this.u16()));
  }

  expectEnd(): void {
    if (this.at !== this.end) throw new MalformedInput(`${this.left} bytes too many`);
  }
}

function refuseShort(count: number, at: number): never {
  throw new MalformedInput(`needs ${count} bytes at ${at}`);
}

/** UTF-8 of a string; a lone surrogate becomes U+FFFD, so equal bytes mean equal text. */
export function utf8Encode(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  let n = 0;
  for (let i = 0; i < text.length; i += 1) {
    let c = text.charCodeAt(i);
    if (c >= 0xd800 && c <= 0xdfff) {
      const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (c <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
        i += 1;
      } else c = 0xfffd;
    }
    if (c < 0x80) out[n++] = c;
    else if (c < 0x800) {
      out[n++] = 0xc0 | (c >> 6);
      out[n++] = 0x80 | (c & 63);
    } else if (c < 0x10000) {
      out[n++] = 0xe0 | (c >> 12);
      out[n++] = 0x80 | ((c >> 6) & 63);
      out[n++] = 0x80 | (c & 63);
    } else {
      out[n++] = 0xf0 | (c >> 18);
      out[n++] = 0x80 | ((c >> 12) & 63);
      out[n++] = 0x80 | ((c >> 6) & 63);
      out[n++] = 0x80 | (c & 63);
    }
  }
  return out.slice(0, n);
}

/** Text of UTF-8 bytes (RFC 3629); overlong forms, surrogates and stray bytes are malformed. */
export function utf8Decode(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const lead = bytes[i++];
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const extra = lead >= 0xf8 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (extra === 0 || i + extra > bytes.length) throw new MalformedInput("not UTF-8");
    let c = lead & (0x3f >> extra);
    for (let k = 0; k < extra; k += 1) {
      const next = bytes[i++];
      if ((next & 0xc0) !== 0x80) throw new MalformedInput("not UTF-8");
      c = (c << 6) | (next & 63);
    }
    const isSurrogate = c >= 0xd800 && c <= 0xdfff;
    if (c < LEAST[extra] || c > 0x10ffff || isSurrogate) throw new MalformedInput("not UTF-8");
    text += String.fromCodePoint(c);
  }
  return text;
}

/** The least code point that needs this many continuation bytes. */
const LEAST = [0, 0x80, 0x800, 0x10000];
