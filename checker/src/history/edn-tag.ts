// The two tags that EDN itself defines. Equal moments and equal ids may be written in several ways, so
// they are brought into one.

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?/;
const TIME = /^[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?/;
const OFFSET = /^(?:[Zz]|([+-])(\d\d):(\d\d))?$/;

/** The canonical text of what #uuid stands before, undefined when it is none. */
export function uuidText(value: unknown): string | undefined {
  return typeof value === "string" && UUID.test(value) ? value.toLowerCase() : undefined;
}

interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction: string;
}

function clockOf(match: RegExpExecArray | null): Clock | undefined {
  const [, hour = "0", minute = "0", second = "0", fraction = ""] = match ?? [];
  const clock = { hour: Number(hour), minute: Number(minute), second: Number(second) };
  // 60 is a leap second.
  if (clock.hour > 23 || clock.minute > 59 || clock.second > 60) return undefined;
  return { ...clock, fraction: fraction.replace(/0+$/, "") };
}

/** Minutes to take off; undefined when it is none. */
function offsetOf(text: string): number | undefined {
  const match = OFFSET.exec(text);
  if (match === null) return undefined;
  const [, sign = "+", hours = "0", minutes = "0"] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
}

/**
 * The moment that #inst stands before, in UTC with all its digits; undefined when it is none. As in
 * Clojure the end may be missing: "2020" is the beginning of that year.
 */
export function instantText(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const date = DATE.exec(value);
  if (date === null) return undefined;
  const rest = value.slice(date[0].length);
  const time = date[3] === undefined ? null : TIME.exec(rest);
  const clock = clockOf(time);
  const offset = offsetOf(rest.slice(time?.[0].length ?? 0));
  if (clock === undefined || offset === undefined) return undefined;
  const [year, month, day] = [Number(date[1]), Number(date[2] ?? 1), Number(date[3] ?? 1)];
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  // A day or month that does not exist would have become another one.
  if (moment.getUTCMonth() !== month - 1 || moment.getUTCDate() !== day) return undefined;
  moment.setUTCHours(clock.hour, clock.minute - offset, clock.second);
  const whole = moment.toISOString();
  if (whole.length !== "2020-01-01T00:00:00.000Z".length) return undefined;
  return `${whole.slice(0, 19)}${clock.fraction === "" ? "" : `.${clock.fraction}`}Z`;
}
