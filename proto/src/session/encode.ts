// Writes a message by its table: fields in the order of their lines, columns packed, absent and default values left
// out, as protobuf does.
import type { Field, Table } from "./fields.js";
import { BYTES, FIXED64, VARINT } from "./reader.js";
import { utf8Length } from "./utf8.js";
import { ProtoWriter, varintLength } from "./writer.js";
import type { U64 } from "./columns.js";

/** A message of which only what differs from the default has to be named. */
export type Draft<Message> = {
  readonly [Name in keyof Message]?: Message[Name] extends readonly (infer Item)[]
    ? readonly (Item extends object ? (Item extends Uint8Array ? Item : Draft<Item>) : Item)[]
    : Message[Name] extends Uint8Array | U64 | undefined
      ? Message[Name]
      : Message[Name] extends object | undefined
        ? Draft<NonNullable<Message[Name]>> | undefined
        : Message[Name];
};

type Fields = Readonly<Record<string, unknown>>;

export function encode<Message extends object>(
  table: Table<Message>,
  draft: Draft<Message>,
): Uint8Array {
  const writer = new ProtoWriter(messageLength(table, draft));
  writeMessage(table, draft, writer);
  return writer.bytes;
}

/** The bytes that a message takes as a field of number below 16 of another one. */
export function fieldLength<Message extends object>(
  table: Table<Message>,
  draft: Draft<Message>,
): number {
  const length = messageLength(table, draft);
  return 1 + varintLength(length) + length;
}

function messageLength(table: Table<object>, message: Fields): number {
  let length = 0;
  for (const { name, field } of table.lines) {
    const value = message[name];
    if (value !== undefined) length += lengthOf(field, value);
  }
  return length;
}

function lengthOf(field: Field<unknown>, value: unknown): number {
  const tag = varintLength(field.number << 3);
  if (isLeftOut(field, value)) return 0;
  switch (field.kind) {
    case "u32":
    case "optionalU32":
      return tag + varintLength(value as number);
    case "bool":
      return tag + 1;
    case "u64":
    case "pair":
    case "optionalU64":
    case "optionalPair":
      return tag + 8;
    case "text":
      return tag + blockLength(utf8Length(value as string));
    case "bytes":
    case "column32":
    case "column64":
      return tag + blockLength((value as Uint8Array).length);
    case "varints":
      return tag + blockLength(packedLength(value as readonly number[]));
    case "texts":
      return textsLength(tag, value as readonly string[]);
    case "one":
      return field.table ? tag + blockLength(messageLength(field.table, value as Fields)) : 0;
    case "many": {
      let sum = 0;
      const { table } = field;
      if (table) {
        for (const item of value as Fields[]) sum += tag + blockLength(messageLength(table, item));
      }
      return sum;
    }
  }
}

/** A length, and as many bytes. */
function blockLength(length: number): number {
  return varintLength(length) + length;
}

function textsLength(tag: number, texts: readonly string[]): number {
  let sum = 0;
  for (const text of texts) sum += tag + blockLength(utf8Length(text));
  return sum;
}

function packedLength(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + varintLength(number), 0);
}

function isZero({ hi, lo }: U64): boolean {
  return hi === 0 && lo === 0;
}

function writeMessage(table: Table<object>, message: Fields, writer: ProtoWriter): void {
  for (const { name, field } of table.lines) {
    const value = message[name];
    if (value !== undefined && !isLeftOut(field, value)) writeField(field, value, writer);
  }
}

/** A default is not written; of repeated fields nothing is there to write. */
function isLeftOut({ kind }: Field<unknown>, value: unknown): boolean {
  switch (kind) {
    case "u32":
    case "u64":
      return value === 0;
    case "bool":
      return value === false;
    case "text":
      return value === "";
    case "pair":
      return isZero(value as U64);
    case "bytes":
    case "column32":
    case "column64":
    case "varints":
      return (value as Uint8Array | readonly number[]).length === 0;
    default:
      return false;
  }
}

function writeField(field: Field<unknown>, value: unknown, writer: ProtoWriter): void {
  const tag = field.number << 3;
  switch (field.kind) {
    case "u32":
    case "optionalU32":
      writer.varint(tag | VARINT);
      writer.varint(value as number);
      break;
    case "bool":
      writer.varint(tag | VARINT);
      writer.varint(1);
      break;
    case "u64":
    case "optionalU64":
      writer.varint(tag | FIXED64);
      writer.fixed64(value as number);
      break;
    case "pair":
    case "optionalPair":
      writer.varint(tag | FIXED64);
      writer.pair(value as U64);
      break;
    case "text":
      writer.varint(tag | BYTES);
      writer.text(value as string);
      break;
    case "bytes":
    case "column32":
    case "column64":
      writer.varint(tag | BYTES);
      writer.blob(value as Uint8Array);
      break;
    case "varints":
      writer.varint(tag | BYTES);
      writer.varint(packedLength(value as readonly number[]));
      for (const number of value as readonly number[]) writer.varint(number);
      break;
    case "texts":
      for (const text of value as readonly string[]) {
        writer.varint(tag | BYTES);
        writer.text(text);
      }
      break;
    case "one":
      writeNested(field, value as Fields, writer);
      break;
    case "many":
      for (const item of value as readonly Fields[]) writeNested(field, item, writer);
  }
}

function writeNested(
  { number, table }: Field<unknown>,
  message: Fields,
  writer: ProtoWriter,
): void {
  if (!table) return;
  writer.varint((number << 3) | BYTES);
  writer.varint(messageLength(table, message));
  writeMessage(table, message, writer);
}
