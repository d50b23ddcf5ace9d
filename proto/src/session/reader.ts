// Reads protobuf from bytes, in place.
import { NO_BYTES, type U64, u32At, u64At } from "./columns.js";
import { MalformedFrame } from "./malformed.js";
import { readUtf8 } from "./utf8.js";

/** Groups of unknown fields may be nested; nobody needs more. */
const DEPTH_MAX = 32;

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
export const FIXED32 = 5;

export class ProtoReader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** Field number * 8 + wire type. */
  tag(): number {
    const tag = this.varint();
    if (tag >>> 3 === 0) throw new MalformedFrame("a field has the number 0");
    return tag;
  }

  /** The lower 32 bits of a varint. */
  varint(): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) throw new MalformedFrame("a number is cut off");
      const byte = bytes[this.at++] as number;
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new MalformedFrame("a number is too long");
  }

  bool(): boolean {
    const from = this.at;
    this.varint();
    for (let i = from; i < this.at; i += 1)
      if (((this.bytes[i] as number) & 127) !== 0) return true;
    return false;
  }

  fixed64(): number {
    return u64At(this.view(8), 0);
  }

  pair(): U64 {
    const view = this.view(8);
    return { lo: u32At(view, 0), hi: u32At(view, 1) };
  }

  view(count: number): Uint8Array {
    const from = this.at;
    if (count > this.end - from) throw new MalformedFrame("a field is cut off");
    this.at = from + count;
    return this.bytes.subarray(from, this.at);
  }

  blob(): Uint8Array {
    const length = this.varint();
    return length === 0 ? NO_BYTES : this.view(length);
  }

  text(): string {
    const length = this.varint();
    const from = this.at;
    if (length > this.end - from) throw new MalformedFrame("a text is cut off");
    this.at = from + length;
    return readUtf8(this.bytes, from, this.at);
  }

  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.varint();
        return;
      case FIXED64:
        this.view(8);
        return;
      case BYTES:
        this.blob();
        return;
      case FIXED32:
        this.view(4);
        return;
      case GROUP:
        this.skipGroup(tag, depth);
        return;
      default:
        throw new MalformedFrame(`a field has the wire type ${tag & 7}`);
    }
  }

  private skipGroup(tag: number, depth: number): void {
    if (depth >= DEPTH_MAX) throw new MalformedFrame("groups are nested too deep");
    for (;;) {
      const next = this.tag();
      if ((next & 7) !== GROUP_END) this.skip(next, depth + 1);
      else if (next >>> 3 === tag >>> 3) return;
      else throw new MalformedFrame("a group ends that did not begin");
    }
  }
}
