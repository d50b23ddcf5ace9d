// Layouts of messages as tables: a row names a field and its kind, in the order of the bytes, and writing,
// reading and refusing all follow from it. A row is a line of a literal,
//
//     term: pass.u32(m.term),
//
// and not data: the compiler sees a forgotten field, and a machine that runs the line knows the shape of what
// it makes. (An interpreter of rows as data took 1.6 times as long for an append.) A `Pass` is one direction: a
// `RowWriter` puts down what it is given, a `RowReader` pays no heed to it and gives back what comes next.
// Therefore a row hands the field to the pass as it is, and whatever is composed goes through the pass too.

/** The layout of a `T`: all its fields, each of them once, in the order of the bytes. */
export type Layout<T> = (pass: Pass, value: T) => T;

/** One of several layouts, told apart by a first byte. Tags are append only. */
interface Variant<T> {
  readonly tag: number;
  readonly layout: Layout<T>;
}

/** The member of the union `T` whose discriminant `K` is `N`. */
type Of<T, K extends keyof T, N> = T extends unknown
  ? N extends T[K]
    ? T & Readonly<Record<K, N>>
    : never
  : never;

/** A row for each member of the union `T`: one that has none does not compile. */
export type Rows<T, K extends keyof T> = {
  readonly [N in T[K] & string]: Variant<Of<T, K, N>>;
};

export interface Variants<T> {
  /** What a tag is called when it is refused. */
  readonly what: string;
  readonly key: keyof T;
  readonly byName: Readonly<Record<string, Variant<T>>>;
  /** Holes where no variant has the tag. */
  readonly byTag: readonly (Variant<T> | undefined)[];
}

export function variants<T, K extends keyof T>(
  what: string,
  key: K,
  rows: Rows<T, K>,
): Variants<T> {
  // Whoever asks for a variant by its name, or by the tag it was written with, has a value of that variant.
  const byName = rows as unknown as Readonly<Record<string, Variant<T>>>;
  const byTag: (Variant<T> | undefined)[] = [];
  for (const row of Object.values(byName)) byTag[row.tag] = row;
  return { what, key, byName, byTag };
}

export interface Pass {
  u16(value: number): number;
  u32(value: number): number;
  i32(value: number): number;
  u48(value: number): number;
  /** A u32; what is read must lie within. */
  u32Within(value: number, least: number, most: number): number;
  /** A byte of its own. */
  flag(value: boolean): boolean;
  /** A bit of the byte that bit 0 opened, which stands before it. */
  bit(place: number, value: boolean): boolean;
  /** u16 length, then UTF-8. */
  text(value: string): string;
  /** As many bytes as are told; read as a view of the frame. */
  raw(value: Uint8Array, count: number): Uint8Array;
  /** u32 length, then bytes; read as a view of the frame. */
  blob(value: Uint8Array): Uint8Array;
  /** The same, read as a copy: it outlives the frame that it came in. */
  ownBlob(value: Uint8Array): Uint8Array;
  /** The place of the name in its list, a byte. Lists are append only. */
  oneOf<N extends string>(value: N, names: readonly N[]): N;
  part<T>(value: T, layout: Layout<T>): T;
  /** A flag, and the value where there is one. */
  optional<T>(value: T | undefined, layout: Layout<T>): T | undefined;
  /** A bit, and the value right behind it where there is one. */
  optionalBit<T>(place: number, value: T | undefined, layout: Layout<T>): T | undefined;
  /** u16 count, then the values. */
  list16<T>(values: readonly T[], layout: Layout<T>): readonly T[];
  /** u32 count, then the values. */
  list32<T>(values: readonly T[], layout: Layout<T>): readonly T[];
  variant<T>(value: T, of: Variants<T>): T;
}
