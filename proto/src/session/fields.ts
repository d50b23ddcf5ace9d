// What a field of a message is, once for reading, writing and measuring. A message's table (messages.ts) has a line
// for each field of its type, or it does not compile.
import type { U64 } from "./columns.js";

export type Kind =
  | "u32"
  | "optionalU32"
  | "bool"
  | "u64"
  | "optionalU64"
  | "pair"
  | "optionalPair"
  | "text"
  | "bytes"
  | "varints"
  | "texts"
  | "column32"
  | "column64"
  | "one"
  | "many";

export interface Field<Value> {
  readonly number: number;
  readonly kind: Kind;
  /** Of "one" and "many": the message's own fields. */
  readonly table: Table<object> | undefined;
  /** For the compiler only: what a field holds. */
  readonly holds?: Value;
}

/** A line of a table, ready to be run over. */
interface Line {
  readonly name: string;
  readonly field: Field<unknown>;
}

export class Table<Message extends object> {
  readonly lines: readonly Line[];
  /** By field number. */
  readonly byNumber: readonly (Line | undefined)[];
  /** For the compiler only. */
  declare readonly of?: Message;

  constructor(fields: { readonly [Name in keyof Message]-?: Field<Message[Name]> }) {
    this.lines = Object.entries<Field<unknown>>(fields).map(([name, field]) => ({ name, field }));
    const byNumber: (Line | undefined)[] = [];
    for (const line of this.lines) byNumber[line.field.number] = line;
    this.byNumber = byNumber;
  }
}

const plain =
  <Value>(kind: Kind) =>
  (number: number): Field<Value> => ({ number, kind, table: undefined });

/** A varint of 32 bits, unsigned. */
export const u32 = plain<number>("u32");
export const optionalU32 = plain<number | undefined>("optionalU32");
export const bool = plain<boolean>("bool");
/** A fixed64 that is a number: exact up to 2^53; what is larger is read as some double that is not below 2^53. */
export const u64 = plain<number>("u64");
export const optionalU64 = plain<number | undefined>("optionalU64");
/** A fixed64 with all its bits. */
export const pair = plain<U64>("pair");
export const optionalPair = plain<U64 | undefined>("optionalPair");
export const text = plain<string>("text");
/** A view into the frame. */
export const bytes = plain<Uint8Array>("bytes");
/** Repeated varints of 32 bits. */
export const varints = plain<readonly number[]>("varints");
export const texts = plain<readonly string[]>("texts");
/** Repeated fixed32, packed (columns.ts). */
export const column32 = plain<Uint8Array>("column32");
/** Repeated fixed64 or sfixed64, packed. */
export const column64 = plain<Uint8Array>("column64");

export function one<Message extends object>(
  number: number,
  table: Table<Message>,
): Field<Message | undefined> {
  return { number, kind: "one", table: table };
}

export function many<Message extends object>(
  number: number,
  table: Table<Message>,
): Field<readonly Message[]> {
  return { number, kind: "many", table: table };
}
