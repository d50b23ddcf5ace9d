// EDN's numbers, and the two of Clojure's that its printer writes: hexadecimal addresses and ratios.
import type { EdnValue } from "../value/edn-value.js";
import { EdnDecimal, EdnFloat, EdnRatio } from "../value/edn-value.js";

const NUMBER_START = /^[+-]?\d/;
const INTEGER = /^([+-]?)(0|[1-9]\d*)N?$/;
const HEX = /^([+-]?)(0[xX][\da-fA-F]+)N?$/;
const FLOAT = /^([+-]?)(0|[1-9]\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?(M?)$/;
const RATIO = /^([+-]?)(\d+)\/(\d+)$/;

/** Whether a token must be a number, since nothing else begins like this. */
export function looksLikeNumber(token: string): boolean {
  return NUMBER_START.test(token);
}

function integer(sign: string, digits: string): EdnValue {
  const value = BigInt(digits);
  const signed = sign === "-" ? -value : value;
  const small = Number(signed);
  return Number.isSafeInteger(small) ? small : signed;
}

/** The reason why a token that looks like a number is none. */
export class NotANumber {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

function ratio(sign: string, above: string, below: string): EdnValue | NotANumber {
  const denominator = BigInt(below);
  if (denominator === 0n) return new NotANumber("a ratio may not divide by 0");
  const whole = new EdnRatio(BigInt(above) * (sign === "-" ? -1n : 1n), denominator);
  return whole.denominator === 1n ? integer("", String(whole.numerator)) : whole;
}

function decimal(sign: string, whole: string, fraction: string, exponent: string): EdnDecimal {
  const coefficient = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  return new EdnDecimal(coefficient, BigInt(exponent) - BigInt(fraction.length));
}

function float(token: string): EdnValue | NotANumber {
  const value = Number(token);
  if (!Number.isFinite(value)) {
    return new NotANumber(`${token} does not fit a 64-bit float; write ##Inf, or ${token}M`);
  }
  return Number.isInteger(value) ? new EdnFloat(value) : value;
}

/** The value of a token that looks like a number. */
export function numberOf(token: string): EdnValue | NotANumber {
  const whole = INTEGER.exec(token) ?? HEX.exec(token);
  if (whole !== null) return integer(whole[1] ?? "", whole[2] ?? "");
  const parts = RATIO.exec(token);
  if (parts !== null) return ratio(parts[1] ?? "", parts[2] ?? "", parts[3] ?? "");
  const match = FLOAT.exec(token);
  if (match !== null) {
    const [, sign = "", digits = "", fraction = "", exponent = "0", exact = ""] = match;
    return exact === "" ? float(token) : decimal(sign, digits, fraction, exponent);
  }
  const zeros = /^[+-]?0\d+$/.test(token) ? "; a number may not begin with 0" : "";
  return new NotANumber(`${token} is not a number${zeros}`);
}
