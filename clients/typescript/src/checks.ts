// How one value, or the options of one call, are checked: of the right type and in range, or refused with a
// sentence that says what to write. TypeScript sees most of this; plain JavaScript, and a cast, see it here only.
import { shown, toCount, toDuration, toPriority, toText } from "./convert.js";
import { invalidArgument } from "./errors.js";

/** Throws when `value`, which is not undefined, cannot be taken. */
export type Check = (name: string, value: unknown) => void;

/** One check for every option there is: a name that is missing or too many does not compile. */
export type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check };

/** The longest time a timer of this platform takes; beyond it, it would fire at once. */
const timerMsMax = 2 ** 31 - 1;

function refuse(name: string, value: unknown, rule: string): never {
  throw invalidArgument(`${name} is ${shown(value)}; it must be ${rule}.`);
}

export const text: Check = (name, value) => void toText(name, value as string);
export const count: Check = (name, value) => void toCount(name, value as number);
export const duration: Check = (name, value) => void toDuration(name, value as number);
export const priority: Check = (_name, value) => void toPriority(value as number);

export const truth: Check = (name, value) => {
  if (typeof value !== "boolean") refuse(name, value, "true or false");
};

export function whole(min: number, max: number): Check {
  return (name, value) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max)
      return;
    refuse(name, value, `a whole number from ${min} to ${max}`);
  };
}

export const positive: Check = (name, value) => {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  refuse(name, value, "a number above 0");
};

/** A time that a timer waits for. */
export const timerMs: Check = (name, value) => {
  if (typeof value === "number" && value > 0 && value <= timerMsMax) return;
  refuse(name, value, `a number of milliseconds above 0, at most ${timerMsMax}`);
};

export function oneOf(...values: readonly unknown[]): Check {
  return (name, value) => {
    if (!values.includes(value)) refuse(name, value, values.map(shown).join(" or "));
  };
}

export function listOf(check: Check, example: string): Check {
  return (name, value) => {
    if (!Array.isArray(value) || value.length === 0) {
      refuse(name, value, `an array that is not empty, such as ${example}`);
    }
    for (const [place, one] of value.entries()) check(`${name}[${place}]`, one);
  };
}

/** Infinity, or what `check` takes. */
export function endlessOr(check: Check): Check {
  return (name, value) => {
    if (value !== Number.POSITIVE_INFINITY) check(name, value);
  };
}

export function isObject(value: unknown): value is object {
  // The usual one, without a string for it.
  if (value !== null && typeof value === "object" && value.constructor === Object) return true;
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** The options of `call`: an object, in which every name is known and every value that is given passes. */
export function checkOptions<Options extends object>(
  call: string,
  checks: Checks<Options>,
  options: Options,
): void {
  if (!isObject(options)) {
    const names = Object.keys(checks).join(", ");
    throw invalidArgument(
      `The options of ${call} are ${shown(options)}; they must be an object. Leave it out, or give any of ${names}.`,
    );
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(checks, name)) {
      const names = Object.keys(checks).join(", ");
      throw invalidArgument(`${call} has no option ${shown(name)}; it has ${names}.`);
    }
    const value: unknown = options[name as keyof Options];
    if (value !== undefined) checks[name as keyof Options](name, value);
  }
}
