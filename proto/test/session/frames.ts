// Frames of a session drawn at random by their tables, and translated to what the generated code reads.
import fc from "fast-check";
import { type Field, Table } from "../../src/session/fields.js";
import { loAt, hiAt, u32At, type U64 } from "../../src/session/index.js";

export type Fields = Record<string, unknown>;

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const u53 = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.maxSafeNat());
const pair = fc.record({ hi: u32, lo: u32 });
const bytes = (width: number): fc.Arbitrary<Uint8Array> =>
  fc
    .uint8Array({ maxLength: 6 * width })
    .map((drawn) => drawn.slice(0, drawn.length - (drawn.length % width)));

/** A whole message: every field drawn, the optional ones sometimes absent. */
export function anyOf(table: Table<object>): fc.Arbitrary<Fields> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const { name, field } of table.lines) model[name] = anyValue(field);
  return fc.record(model);
}

function anyValue(field: Field<unknown>): fc.Arbitrary<unknown> {
  const optional = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
    fc.option(arbitrary, { nil: undefined, freq: 2 });
  const text = fc.string({ unit: "grapheme", maxLength: 8 });
  switch (field.kind) {
    case "u32":
      return fc.oneof(fc.nat({ max: 3 }), u32);
    case "optionalU32":
      return optional(u32);
    case "bool":
      return fc.boolean();
    case "u64":
      return u53;
    case "optionalU64":
      return optional(u53);
    case "pair":
      return pair;
    case "optionalPair":
      return optional(pair);
    case "text":
      return text;
    case "bytes":
      return bytes(1);
    case "column32":
      return bytes(4);
    case "column64":
      return bytes(8);
    case "varints":
      return fc.array(u32, { maxLength: 4 });
    case "texts":
      return fc.array(text, { maxLength: 4 });
    case "one":
      return optional(anyOf(field.table ?? new Table({})));
    case "many":
      return fc.array(anyOf(field.table ?? new Table({})), { maxLength: 3 });
  }
}

/** As the generated code has it. The columns named `priority` are the signed ones. */
export function generated(table: Table<object>, message: Fields): Fields {
  const out: Fields = {};
  for (const { name, field } of table.lines) out[name] = generatedValue(name, field, message[name]);
  return out;
}

function generatedValue(name: string, { kind, table }: Field<unknown>, value: unknown): unknown {
  if (value === undefined) return undefined;
  switch (kind) {
    case "u64":
    case "optionalU64":
      return BigInt(value as number);
    case "pair":
    case "optionalPair":
      return big(value as U64);
    case "bytes":
      return value;
    case "column32": {
      const column = value as Uint8Array;
      return Array.from({ length: column.length / 4 }, (_, row) => u32At(column, row));
    }
    case "column64": {
      const column = value as Uint8Array;
      const read = (row: number): bigint => big({ hi: hiAt(column, row), lo: loAt(column, row) });
      const rows = Array.from({ length: column.length / 8 }, (_, row) => read(row));
      return name === "priority" ? rows.map((row) => BigInt.asIntN(64, row)) : rows;
    }
    case "one":
      return table ? generated(table, value as Fields) : undefined;
    case "many":
      return table ? (value as Fields[]).map((item) => generated(table, item)) : [];
    default:
      // An enumeration of protobuf is signed.
      return name === "kind" ? (value as number) | 0 : value;
  }
}

function big({ hi, lo }: U64): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

/** Bytes as text, so that a Buffer equals what holds the same bytes. */
export function readably(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(readably);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readably(one)]));
}
