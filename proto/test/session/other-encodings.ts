// The same message in another legal encoding: columns unpacked or in pieces, fields in another order, unknown fields
// between them, lengths written longer than they need to be.
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Table } from "../../src/session/fields.js";

/** Numbers between 0 and 1. */
export type Draw = () => number;

interface Piece {
  readonly field: number;
  readonly bytes: Uint8Array;
}

export function otherEncoding(table: Table<object>, frame: Uint8Array, draw: Draw): Uint8Array {
  const pieces: Piece[] = [];
  const reader = new BinaryReader(frame);
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const [field, wire] = reader.tag();
    const body = reader.pos;
    reader.skip(wire, field);
    const kind = table.byNumber[field]?.field.kind;
    if (kind === "column32" || kind === "column64") {
      pieces.push(...split(field, kind === "column32" ? 4 : 8, frame.subarray(body), draw));
    } else if (kind === "one" || kind === "many") {
      const nested = new BinaryReader(frame.subarray(body)).bytes();
      const inner = table.byNumber[field]?.field.table;
      const bytes = inner ? otherEncoding(inner, nested, draw) : nested;
      pieces.push({ field, bytes: written(field, WireType.LengthDelimited, bytes) });
    } else pieces.push({ field, bytes: frame.slice(from, reader.pos) });
  }
  return Buffer.concat(mixed(pieces, draw).map(({ bytes }) => bytes));
}

function split(field: number, width: 4 | 8, at: Uint8Array, draw: Draw): Piece[] {
  const column = new BinaryReader(at).bytes();
  const pieces: Piece[] = [];
  for (let from = 0; from < column.length;) {
    const isSingle = draw() < 0.5;
    const rows = isSingle ? 1 : 1 + Math.floor(draw() * 4);
    const part = column.subarray(from, from + rows * width);
    from += part.length;
    const single = width === 4 ? WireType.Bit32 : WireType.Bit64;
    const bytes = isSingle
      ? Buffer.concat([written(field, single), part])
      : written(field, WireType.LengthDelimited, part);
    pieces.push({ field, bytes });
  }
  return pieces;
}

function written(field: number, wire: WireType, bytes?: Uint8Array): Uint8Array {
  const writer = new BinaryWriter().tag(field, wire);
  if (bytes) writer.bytes(bytes);
  return writer.finish();
}

/** Fields change places, but those of one number keep their order; unknown ones come between them. */
function mixed(pieces: readonly Piece[], draw: Draw): Piece[] {
  const out: Piece[] = [];
  const left = [...pieces];
  while (left.length > 0) {
    const chosen = left[Math.floor(draw() * left.length)];
    const first = left.findIndex(({ field }) => field === chosen?.field);
    out.push(...left.splice(first, 1));
    if (draw() < 0.2) out.push({ field: 0, bytes: unknownField(draw) });
  }
  return out;
}

function unknownField(draw: Draw): Uint8Array {
  const kind = Math.floor(draw() * 5);
  const writer = new BinaryWriter();
  if (kind === 0) return writer.tag(900, WireType.Varint).uint32(7).finish();
  if (kind === 1) return writer.tag(901, WireType.Bit32).fixed32(7).finish();
  if (kind === 2) return writer.tag(902, WireType.Bit64).fixed64(7).finish();
  if (kind === 3) return writer.tag(903, WireType.LengthDelimited).string("what?").finish();
  writer.tag(904, WireType.StartGroup).tag(1, WireType.Varint).uint32(1);
  return writer.tag(904, WireType.EndGroup).finish();
}
