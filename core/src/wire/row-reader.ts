// Bytes as layouts: the pass that reads. Bytes that no writer makes are `MalformedInput`.

import { MalformedInput, type Reader } from "../lib/bytes.js";
import type { Layout, Pass, Variants } from "./rows.js";

/** Stands where a writer has the value: rows hand its fields, all undefined, to a pass that does not look. */
const UNREAD = Object.freeze({}) as never;

export class RowReader implements Pass {
  private readonly r: Reader;
  private bits = 0;

  constructor(r: Reader) {
    this.r = r;
  }

  u16(): number {
    return this.r.u16();
  }

  u32(): number {
    return this.r.u32();
  }

  i32(): number {
    return this.r.i32();
  }

  u48(): number {
    return this.r.u48();
  }

  u32Within(_: number, least: number, most: number): number {
    const value = this.r.u32();
    if (value < least || value > most) throw new MalformedInput(`value ${value} is out of range`);
    return value;
  }

  flag(): boolean {
    return this.r.u8() === 1;
  }

  bit(place: number): boolean {
    if (place === 0) this.bits = this.r.u8();
    return ((this.bits >>> place) & 1) === 1;
  }

  text(): string {
    return this.r.text();
  }

  raw(_: Uint8Array, count: number): Uint8Array {
    return this.r.raw(count);
  }

  blob(): Uint8Array {
    return this.r.blob();
  }

  ownBlob(): Uint8Array {
    return this.r.copy(this.r.u32());
  }

  oneOf<N extends string>(_: N, names: readonly N[]): N {
    const at = this.r.u8();
    if (at >= names.length) throw new MalformedInput(`value ${at} is out of range`);
    return names[at];
  }

  part<T>(_: T, layout: Layout<T>): T {
    return layout(this, UNREAD);
  }

  optional<T>(_: T | undefined, layout: Layout<T>): T | undefined {
    return this.r.u8() === 1 ? layout(this, UNREAD) : undefined;
  }

  optionalBit<T>(place: number, _: T | undefined, layout: Layout<T>): T | undefined {
    return this.bit(place) ? layout(this, UNREAD) : undefined;
  }

  list16<T>(_: readonly T[], layout: Layout<T>): readonly T[] {
    return this.list(this.r.u16(), layout);
  }

  list32<T>(_: readonly T[], layout: Layout<T>): readonly T[] {
    return this.list(this.r.u32(), layout);
  }

  private list<T>(count: number, layout: Layout<T>): readonly T[] {
    const values: T[] = [];
    for (let i = 0; i < count; i += 1) values.push(layout(this, UNREAD));
    return values;
  }

  /** A value that there is no pass around. */
  value<T>(layout: Layout<T>): T {
    return layout(this, UNREAD);
  }

  variant<T>(_: T, of: Variants<T>): T {
    return this.anyOf(of);
  }

  anyOf<T>({ what, byTag }: Variants<T>): T {
    const tag = this.r.u8();
    const variant = byTag[tag];
    if (!variant) throw new MalformedInput(`${what} ${tag} is unknown to this version`);
    return variant.layout(this, UNREAD);
  }
}
