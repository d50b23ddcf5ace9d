// Writes protobuf into a buffer of the size that was computed before.
import { type U64, writeU32 } from "./columns.js";
import { utf8Length, writeUtf8 } from "./utf8.js";

/** How many bytes a varint of 32 bits takes. */
export function varintLength(value: number): number {
  const left = value >>> 0;
  return left < 128 ? 1 : left < 16384 ? 2 : left < 2097152 ? 3 : left < 268435456 ? 4 : 5;
}

const TWO32 = 4294967296;

export class ProtoWriter {
  readonly bytes: Uint8Array;
  private used = 0;

  constructor(lengthBytes: number) {
    this.bytes = new Uint8Array(lengthBytes);
  }

  varint(value: number): void {
    let at = this.used;
    let left = value >>> 0;
    while (left > 127) {
      this.bytes[at++] = (left & 127) | 128;
      left >>>= 7;
    }
    this.bytes[at++] = left;
    this.used = at;
  }

  fixed64(value: number): void {
    this.pair({ hi: Math.floor(value / TWO32), lo: value >>> 0 });
  }

  pair({ hi, lo }: U64): void {
    const at = this.reserve(8);
    writeU32(this.bytes, at, lo);
    writeU32(this.bytes, at + 4, hi);
  }

  /** Length, then the bytes. */
  blob(bytes: Uint8Array): void {
    this.varint(bytes.length);
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  text(value: string): void {
    const length = utf8Length(value);
    this.varint(length);
    writeUtf8(this.bytes, this.reserve(length), value);
  }

  private reserve(count: number): number {
    const at = this.used;
    this.used = at + count;
    return at;
  }
}
