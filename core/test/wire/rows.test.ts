import { expect, test } from "vitest";
import { MalformedInput, Reader, Writer } from "../../src/lib/bytes.js";
import { RowReader } from "../../src/wire/row-reader.js";
import { RowWriter } from "../../src/wire/row-writer.js";
import { variants, type Layout, type Rows } from "../../src/wire/rows.js";

interface Circle {
  readonly type: "circle";
  readonly radius: number;
}
interface Box {
  readonly type: "box" | "crate";
  readonly isOpen: boolean;
  readonly isFull: boolean;
  readonly lid: { readonly weight: number } | undefined;
  readonly height: number;
}
type Shape = Circle | Box;

const lid: Layout<NonNullable<Box["lid"]>> = (pass, l) => ({ weight: pass.u16(l.weight) });
const circle: Rows<Shape, "type">["circle"] = {
  tag: 1,
  layout: (pass, c) => ({ type: "circle", radius: pass.u32Within(c.radius, 1, 9) }),
};
const box: Rows<Shape, "type">["box"] = {
  tag: 4,
  layout: (pass, b) => ({
    type: "box",
    isOpen: pass.bit(0, b.isOpen),
    isFull: pass.bit(1, b.isFull),
    lid: pass.optionalBit(2, b.lid, lid),
    height: pass.u16(b.height),
  }),
};
const crate: Rows<Shape, "type">["crate"] = {
  tag: 5,
  layout: (pass, b) => ({
    type: "crate",
    isOpen: pass.flag(b.isOpen),
    isFull: pass.flag(b.isFull),
    lid: pass.optional(b.lid, lid),
    height: pass.u16(b.height),
  }),
};
const SHAPES = variants<Shape, "type">("shape", "type", { circle, box, crate });

function written(shape: Shape): number[] {
  const w = new Writer();
  new RowWriter(w).variant(shape, SHAPES);
  return [...w.finish()];
}

const read = (...bytes: readonly number[]): Shape =>
  new RowReader(new Reader(Uint8Array.from(bytes))).anyOf(SHAPES);

const BOX = { type: "box", isOpen: false, isFull: true, height: 9 } as const;

test.each<[Shape, number[]]>([
  [{ type: "circle", radius: 7 }, [1, 7, 0, 0, 0]],
  [{ ...BOX, lid: undefined }, [4, 0b010, 9, 0]],
  [{ ...BOX, isOpen: true, lid: { weight: 0 } }, [4, 0b111, 0, 0, 9, 0]],
  [{ ...BOX, type: "crate", lid: undefined }, [5, 0, 1, 0, 9, 0]],
  [{ ...BOX, type: "crate", lid: { weight: 0 } }, [5, 0, 1, 1, 0, 0, 9, 0]],
])("%j has a tag and its rows, bits of one byte before what stands behind them", (shape, bytes) => {
  expect(written(shape)).toEqual(bytes);
  expect(read(...bytes)).toStrictEqual(shape);
});

test("a tag that nobody has is refused by its name, also one in a gap", () => {
  for (const tag of [0, 2, 6, 255]) {
    expect(() => read(tag, 0, 0, 0, 0)).toThrow(
      new MalformedInput(`shape ${tag} is unknown to this version`),
    );
  }
});

test("a value outside of its row's range is refused", () => {
  for (const radius of [0, 10]) {
    expect(() => read(1, radius, 0, 0, 0)).toThrow(
      new MalformedInput(`value ${radius} is out of range`),
    );
  }
});

test("what has no row does not compile", () => {
  // @ts-expect-error: no row for a crate
  const shapes: Rows<Shape, "type"> = { circle, box };
  // @ts-expect-error: no row for a lid's weight
  const nothing: Layout<NonNullable<Box["lid"]>> = () => ({});
  // @ts-expect-error: a row of another kind
  const text: Layout<NonNullable<Box["lid"]>> = (pass) => ({ weight: pass.text("") });
  expect([shapes, nothing, text]).toHaveLength(3);
});
