// Reads a message by its table. Every legal encoding is taken: fields in any order, columns packed or not or in
// pieces, a message in parts, unknown fields. Views point into the frame; only a column in pieces is copied.
import { NO_BYTES } from "./columns.js";
import type { Field, Table } from "./fields.js";
import { MalformedFrame } from "./malformed.js";
import { BYTES, FIXED32, FIXED64, ProtoReader, VARINT } from "./reader.js";

type Fields = Record<string, unknown>;

/** Throws MalformedFrame. */
export function decode<Message extends object>(table: Table<Message>, frame: Uint8Array): Message {
  const message = blank(table);
  readInto(table, message, new ProtoReader(frame));
  return message as Message;
}

/** All fields as they are when nothing was sent. */
function blank(table: Table<object>): Fields {
  const message: Fields = {};
  for (const { name, field } of table.lines) message[name] = absent(field);
  return message;
}

function absent({ kind }: Field<unknown>): unknown {
  switch (kind) {
    case "u32":
    case "u64":
      return 0;
    case "bool":
      return false;
    case "pair":
      return { hi: 0, lo: 0 };
    case "text":
      return "";
    case "bytes":
    case "column32":
    case "column64":
      return NO_BYTES;
    case "varints":
    case "texts":
    case "many":
      return [];
    case "one":
    case "optionalU32":
    case "optionalU64":
    case "optionalPair":
      return undefined;
  }
}

function readInto(table: Table<object>, message: Fields, reader: ProtoReader): void {
  let pieces: Map<string, Uint8Array[]> | undefined;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    const line = table.byNumber[tag >>> 3];
    if (line === undefined) {
      reader.skip(tag);
      continue;
    }
    const { name, field } = line;
    const before = message[name];
    const value = read(field, before, tag, reader);
    if (isColumn(field) && before !== NO_BYTES) {
      pieces ??= new Map();
      const known = pieces.get(name);
      if (known) known.push(value as Uint8Array);
      else pieces.set(name, [before as Uint8Array, value as Uint8Array]);
    } else message[name] = value;
  }
  for (const [name, parts] of pieces ?? []) message[name] = joined(parts);
}

function isColumn({ kind }: Field<unknown>): boolean {
  return kind === "column32" || kind === "column64";
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function read(field: Field<unknown>, before: unknown, tag: number, reader: ProtoReader): unknown {
  const wire = tag & 7;
  switch (field.kind) {
    case "u32":
    case "optionalU32":
      expect(wire, VARINT);
      return reader.varint();
    case "bool":
      expect(wire, VARINT);
      return reader.bool();
    case "u64":
    case "optionalU64":
      expect(wire, FIXED64);
      return reader.fixed64();
    case "pair":
    case "optionalPair":
      expect(wire, FIXED64);
      return reader.pair();
    case "text":
      expect(wire, BYTES);
      return reader.text();
    case "bytes":
      expect(wire, BYTES);
      return reader.blob();
    case "texts":
      expect(wire, BYTES);
      (before as string[]).push(reader.text());
      return before;
    case "varints":
      readVarints(before as number[], wire, reader);
      return before;
    case "column32":
      return wire === FIXED32 ? reader.view(4) : readPacked(wire, 4, reader);
    case "column64":
      return wire === FIXED64 ? reader.view(8) : readPacked(wire, 8, reader);
    case "one":
      expect(wire, BYTES);
      return readMessage(field, (before as Fields | undefined) ?? blank(tableOf(field)), reader);
    case "many":
      expect(wire, BYTES);
      (before as unknown[]).push(readMessage(field, blank(tableOf(field)), reader));
      return before;
  }
}

function readMessage(field: Field<unknown>, message: Fields, reader: ProtoReader): Fields {
  const length = reader.varint();
  const { end } = reader;
  if (length > end - reader.at) throw new MalformedFrame("a message is cut off");
  reader.end = reader.at + length;
  readInto(tableOf(field), message, reader);
  reader.end = end;
  return message;
}

function readVarints(into: number[], wire: number, reader: ProtoReader): void {
  if (wire === VARINT) {
    into.push(reader.varint());
    return;
  }
  expect(wire, BYTES);
  const packed = new ProtoReader(reader.blob());
  while (!packed.isAtEnd) into.push(packed.varint());
}

function readPacked(wire: number, width: number, reader: ProtoReader): Uint8Array {
  expect(wire, BYTES);
  const piece = reader.blob();
  if (piece.length % width !== 0) throw new MalformedFrame("a column ends inside of a row");
  return piece;
}

function tableOf(field: Field<unknown>): Table<object> {
  if (field.table === undefined) throw new Error(`field ${field.number} has no table`);
  return field.table;
}

function expect(wire: number, wanted: number): void {
  if (wire !== wanted) throw new MalformedFrame(`a field has the wire type ${wire}, not ${wanted}`);
}
