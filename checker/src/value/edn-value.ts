// Values that a history may hold and JSON has no notation for. Everything else is plain data: null,
// booleans, strings, numbers and bigints, arrays, sets, and objects or maps.

/** A value of its own kind, equal to another exactly when both have the same text. */
export abstract class EdnAtom {
  /** In EDN's notation. */
  abstract readonly text: string;

  toString(): string {
    return this.text;
  }
}

/** `:name` or `:space/name`. */
export class EdnKeyword extends EdnAtom {
  /** Without the colon. */
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  get text(): string {
    return `:${this.name}`;
  }
}

export class EdnSymbol extends EdnAtom {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  get text(): string {
    return this.name;
  }
}

const CHARACTER_NAMES: Readonly<Record<string, string>> = {
  "\n": "newline",
  "\r": "return",
  " ": "space",
  "\t": "tab",
  "\b": "backspace",
  "\f": "formfeed",
};

/** `\a`, `\newline`, ...: not the same as a string of one character. */
export class EdnCharacter extends EdnAtom {
  readonly char: string;

  constructor(char: string) {
    super();
    this.char = char;
  }

  get text(): string {
    const { char } = this;
    const name = CHARACTER_NAMES[char];
    if (name !== undefined) return `\\${name}`;
    if (/^[\p{L}\p{N}]$/u.test(char) || char.length > 1) return `\\${char}`;
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  }
}

/** A floating point number that is whole: `1.0` is not the integer 1. All others are plain numbers. */
export class EdnFloat extends EdnAtom {
  readonly value: number;

  constructor(value: number) {
    super();
    // 0.0 and -0.0 are equal.
    this.value = value + 0;
  }

  get text(): string {
    const text = String(this.value);
    return text.includes("e") ? text : `${text}.0`;
  }
}

const POINT_PLACES_MAX = 20;

/** An exact decimal, `1.5M`: the coefficient times ten to the power of the exponent. */
export class EdnDecimal extends EdnAtom {
  readonly coefficient: bigint;
  readonly exponent: bigint;

  /** 1.50M is 1.5M: zeros at the end of the coefficient go into the exponent. */
  constructor(coefficient: bigint, exponent: bigint) {
    super();
    const digits = String(coefficient);
    const kept = digits.replace(/0+$/, "");
    this.coefficient = coefficient === 0n ? 0n : BigInt(kept);
    this.exponent = coefficient === 0n ? 0n : exponent + BigInt(digits.length - kept.length);
  }

  get text(): string {
    const { coefficient, exponent } = this;
    if (exponent === 0n) return `${coefficient}M`;
    if (exponent > 0n || exponent < -POINT_PLACES_MAX) return `${coefficient}E${exponent}M`;
    const places = Number(-exponent);
    const sign = coefficient < 0n ? "-" : "";
    const digits = String(coefficient)
      .replace("-", "")
      .padStart(places + 1, "0");
    return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}M`;
  }
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

/** Clojure's `1/3`, in lowest terms. */
export class EdnRatio extends EdnAtom {
  readonly numerator: bigint;
  readonly denominator: bigint;

  constructor(numerator: bigint, denominator: bigint) {
    super();
    const size = numerator < 0n ? -numerator : numerator;
    const common = commonDivisor(size, denominator);
    this.numerator = numerator / common;
    this.denominator = denominator / common;
  }

  get text(): string {
    return `${this.numerator}/${this.denominator}`;
  }
}

/** `#tag value`. The value of an #inst or #uuid is in the one form that equal ones share. */
export class EdnTagged {
  readonly tag: string;
  readonly value: EdnValue;

  constructor(tag: string, value: EdnValue) {
    this.tag = tag;
    this.value = value;
  }
}

/**
 * What `parseEdn` reads. A map whose keys are all keywords is an object with their names, any other a
 * Map. Lists and vectors are arrays, since they are equal when their items are. An integer is a number,
 * or a bigint when a number would lose digits.
 */
export type EdnValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | EdnAtom
  | EdnTagged
  | readonly EdnValue[]
  | ReadonlySet<EdnValue>
  | ReadonlyMap<EdnValue, EdnValue>
  | { readonly [key: string]: EdnValue };
