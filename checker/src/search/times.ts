// The times that a caller gives are checked once, since a wrong one would make a wrong verdict.
import type { Operation } from "./model.js";

/** Throws a RangeError that names the first operation whose times cannot be. */
export function requireTimes<I, O>(operations: readonly Operation<I, O>[]): void {
  operations.forEach(({ process, call, ret }, index) => {
    if (Number.isFinite(call) && ret >= call) return;
    const why = !Number.isFinite(call)
      ? `its call is at ${call}, which is no time`
      : Number.isNaN(ret)
        ? "its return is at NaN; it is Infinity when it never returned"
        : `it returns at ${ret}, before its call at ${call}`;
    throw new RangeError(`operation ${index} by process ${process}: ${why}`);
  });
}
