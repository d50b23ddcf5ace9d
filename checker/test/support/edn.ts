// EDN for property tests: values of every kind, equality as EDN and Clojure define it, and a printer that
// writes the same value in many ways.
import fc from "fast-check";
import type { EdnValue } from "../../src/index.js";
import {
  EdnCharacter,
  EdnDecimal,
  EdnFloat,
  EdnKeyword,
  EdnRatio,
  EdnSymbol,
  EdnTagged,
} from "../../src/index.js";
import type { Random } from "./random.js";

const part = fc.stringMatching(/^[a-zA-Z*!?_][a-zA-Z0-9.*!?_:#'-]{0,4}$/);
const name = fc.oneof(
  part,
  fc.tuple(part, part).map(([space, own]) => `${space}/${own}`),
);
const symbolName = name.filter((text) => !["nil", "true", "false"].includes(text));

const number: fc.Arbitrary<EdnValue> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
  fc.constantFrom(Infinity, -Infinity, NaN),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(floatOf),
  fc.integer({ min: -3, max: 3 }).map(floatOf),
  fc
    .tuple(fc.bigInt({ min: -1000n, max: 1000n }), fc.bigInt({ min: -30n, max: 30n }))
    .map(([coefficient, exponent]) => new EdnDecimal(coefficient, exponent)),
  fc
    .tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 2, max: 9 }))
    .filter(([above, below]) => above % below !== 0)
    .map(([above, below]) => new EdnRatio(BigInt(above), BigInt(below))),
);

function floatOf(value: number): EdnValue {
  return Number.isInteger(value) ? new EdnFloat(value) : value;
}

const tagged = fc.oneof(
  fc
    .date({ min: new Date("0001-01-01"), max: new Date("9998-01-01"), noInvalidDate: true })
    .map((date) => new EdnTagged("inst", date.toISOString().replace(/\.?0*Z$/, "Z"))),
  fc.uuid().map((id) => new EdnTagged("uuid", id)),
);

const plain: fc.Arbitrary<EdnValue> = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 4 }),
  number,
  name.map((text) => new EdnKeyword(text)),
  symbolName.map((text) => new EdnSymbol(text)),
  fc
    .string({ minLength: 1, maxLength: 1 })
    .filter((char) => !/[\ud800-\udfff]/.test(char))
    .map((char) => new EdnCharacter(char)),
  tagged,
);

/** A map as the reader gives it: an object when all keys are keywords. */
function mapOf(entries: readonly (readonly [EdnValue, EdnValue])[]): EdnValue {
  const named = entries.flatMap(([key, value]): [string, EdnValue][] =>
    key instanceof EdnKeyword ? [[key.name, value]] : [],
  );
  return named.length === entries.length ? Object.fromEntries(named) : new Map(entries);
}

const compound = (inner: fc.Arbitrary<EdnValue>): fc.Arbitrary<EdnValue> =>
  fc.oneof(
    fc.array(inner, { maxLength: 4 }),
    fc.uniqueArray(inner, { maxLength: 4, comparator: same }).map((items) => new Set(items)),
    fc
      .uniqueArray(fc.tuple(inner, inner), {
        maxLength: 4,
        selector: ([key]) => key,
        comparator: same,
      })
      .map(mapOf),
    fc
      .uniqueArray(fc.tuple(name, inner), { maxLength: 4, selector: ([key]) => key })
      .map((entries) => mapOf(entries.map(([key, value]) => [new EdnKeyword(key), value]))),
    fc
      .tuple(
        part.filter((text) => /^[a-z]/i.test(text) && !["inst", "uuid"].includes(text)),
        inner,
      )
      .map(([tag, value]) => new EdnTagged(tag, value)),
  );

/** Any value of EDN. */
export const ednValue: fc.Arbitrary<EdnValue> = fc.letrec<{ value: EdnValue }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, plain, compound(tie("value"))),
})).value;

/** Values of a small world, in which equal ones meet, and those that look alike. */
const few: fc.Arbitrary<EdnValue> = fc.constantFrom<EdnValue[]>(
  ...[null, true, 1, 0, "1", "a", ":a", "null", 1.5, NaN],
  ...[new EdnFloat(1), new EdnDecimal(1n, 0n), new EdnDecimal(15n, -1n), new EdnRatio(1n, 2n)],
  ...[new EdnKeyword("a"), new EdnKeyword("null"), new EdnSymbol("a"), new EdnSymbol("null")],
  ...[new EdnCharacter("a"), new EdnCharacter("1"), 2n ** 64n, String(2n ** 64n)],
);
export const alikeValue: fc.Arbitrary<EdnValue> = fc.letrec<{ value: EdnValue }>((tie) => ({
  value: fc.oneof({ depthSize: "small", maxDepth: 2 }, few, compound(tie("value"))),
})).value;

function entriesOf(value: object): [EdnValue, EdnValue][] {
  if (value instanceof Map) return [...(value as Map<EdnValue, EdnValue>)];
  return Object.entries(value).map(([key, inner]) => [new EdnKeyword(key), inner as EdnValue]);
}

const isMap = (value: EdnValue): value is Exclude<EdnValue, string> =>
  value instanceof Map ||
  (typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype);

/** Equality, written down as directly as possible: by kind, and by members without order. */
export function same(a: EdnValue, b: EdnValue): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return Object.is(a, b);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item: EdnValue, at) => same(item, b[at] as EdnValue));
  }
  if (a instanceof Set && b instanceof Set) {
    const others = [...b] as EdnValue[];
    return a.size === b.size && [...a].every((x) => others.some((y) => same(x as EdnValue, y)));
  }
  if (isMap(a) && isMap(b)) {
    const [own, others] = [entriesOf(a as object), entriesOf(b as object)];
    const has = ([key, value]: [EdnValue, EdnValue]) =>
      others.some(([key2, value2]) => same(key, key2) && same(value, value2));
    return own.length === others.length && own.every(has);
  }
  if (a instanceof EdnTagged && b instanceof EdnTagged) {
    return a.tag === b.tag && same(a.value, b.value);
  }
  if (a instanceof EdnDecimal && b instanceof EdnDecimal) {
    return a.coefficient === b.coefficient && a.exponent === b.exponent;
  }
  const kinds = [EdnKeyword, EdnSymbol, EdnCharacter, EdnFloat, EdnRatio];
  return kinds.some((kind) => a instanceof kind && b instanceof kind) && String(a) === String(b);
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0]);
}

/** The value as EDN with what means nothing drawn at random: blanks, order, brackets, discarded forms. */
export class Printer {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  print(value: EdnValue): string {
    // "#" is no delimiter: a blank comes first, or a discarded form would become part of a token.
    return `${this.#blank()}${this.#form(value)}${this.#between()}`;
  }

  #blank(): string {
    const random = this.#random;
    const bits = [
      " ",
      ",",
      "\n",
      "\t",
      '; } ] ) " #_\n',
      "#_ a ",
      '#_"]" ',
      "#_#_ 1 2 ",
      "#_{:a [1 2]}",
    ];
    return Array.from({ length: random.below(3) }, () => random.pick(bits)).join("");
  }

  /** At least one blank, so that two tokens do not become one. */
  #between(): string {
    return `${this.#random.pick([" ", ",", "\n", " ;x\n"])}${this.#blank()}`;
  }

  #all(items: readonly EdnValue[]): string {
    return items.map((item) => this.print(item)).join("");
  }

  #form(value: EdnValue): string {
    const random = this.#random;
    if (value === null) return "nil";
    if (typeof value === "string") return this.#string(value);
    if (typeof value === "number") return this.#number(value);
    if (typeof value === "bigint") return `${value}${random.pick(["", "N"])}`;
    if (typeof value === "boolean") return String(value);
    if (Array.isArray(value)) {
      return random.chance(1, 2) ? `[${this.#all(value)}]` : `(${this.#all(value)})`;
    }
    if (value instanceof Set) return `#{${this.#all(shuffled([...value] as EdnValue[], random))}}`;
    if (value instanceof EdnTagged)
      return `#${value.tag}${this.#between()}${this.print(value.value)}`;
    if (isMap(value)) return this.#map(value as object);
    return String(value);
  }

  #map(value: object): string {
    const entries = shuffled(entriesOf(value), this.#random);
    return `{${this.#all(entries.flat())}}`;
  }

  #number(value: number): string {
    if (Number.isNaN(value)) return "##NaN";
    if (!Number.isFinite(value)) return value > 0 ? "##Inf" : "##-Inf";
    if (!Number.isInteger(value)) return value.toExponential();
    return `${value > 0 ? this.#random.pick(["", "+"]) : ""}${value}${this.#random.pick(["", "N"])}`;
  }

  #string(value: string): string {
    if (this.#random.chance(1, 2)) return JSON.stringify(value);
    const units = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at));
    return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
  }
}
