// Layouts as bytes: the pass that writes.

import type { Writer } from "../lib/bytes.js";
import type { Layout, Pass, Variants } from "./rows.js";

export class RowWriter implements Pass {
  private readonly w: Writer;
  private bitsAt = 0;

  constructor(w: Writer) {
    this.w = w;
  }

  u16(value: number): number {
    this.w.u16(value);
    return value;
  }

  u32(value: number): number {
    this.w.u32(value);
    return value;
  }

  i32(value: number): number {
    this.w.i32(value);
    return value;
  }

  u48(value: number): number {
    this.w.u48(value);
    return value;
  }

  u32Within(value: number): number {
    return this.u32(value);
  }

  flag(value: boolean): boolean {
    this.w.u8(value ? 1 : 0);
    return value;
  }

  bit(place: number, value: boolean): boolean {
    if (place === 0) {
      this.bitsAt = this.w.length;
      this.w.u8(0);
    }
    if (value) this.w.setBit(this.bitsAt, place);
    return value;
  }

  text(value: string): string {
    this.w.text(value);
    return value;
  }

  raw(value: Uint8Array): Uint8Array {
    this.w.raw(value);
    return value;
  }

  blob(value: Uint8Array): Uint8Array {
    this.w.blob(value);
    return value;
  }

  ownBlob(value: Uint8Array): Uint8Array {
    this.w.blob(value);
    return value;
  }

  oneOf<N extends string>(value: N, names: readonly N[]): N {
    this.w.u8(names.indexOf(value));
    return value;
  }

  part<T>(value: T, layout: Layout<T>): T {
    layout(this, value);
    return value;
  }

  optional<T>(value: T | undefined, layout: Layout<T>): T | undefined {
    this.w.u8(value === undefined ? 0 : 1);
    if (value !== undefined) layout(this, value);
    return value;
  }

  optionalBit<T>(place: number, value: T | undefined, layout: Layout<T>): T | undefined {
    this.bit(place, value !== undefined);
    if (value !== undefined) layout(this, value);
    return value;
  }

  list16<T>(values: readonly T[], layout: Layout<T>): readonly T[] {
    this.w.u16(values.length);
    for (const value of values) layout(this, value);
    return values;
  }

  list32<T>(values: readonly T[], layout: Layout<T>): readonly T[] {
    this.w.u32(values.length);
    for (const value of values) layout(this, value);
    return values;
  }

  variant<T>(value: T, { key, byName }: Variants<T>): T {
    const { tag, layout } = byName[value[key] as string];
    this.w.u8(tag);
    layout(this, value);
    return value;
  }
}
