// The leases of a searched history, for shading: from the return of a pop that names a fence to the
// first end of that lease which may have happened, or to the right edge.
import type { PairedOperation } from "../history/operations.js";
import { nameOf, textOf } from "../value/text.js";
import type { Lanes, Shade } from "./picture.js";

interface Token {
  readonly id: unknown;
  readonly fence: unknown;
}

function tokenOf(value: unknown): Token | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, fence } = value as Partial<Token>;
  return fence === undefined || id === undefined ? undefined : { id, fence };
}

const keyOf = ({ id, fence }: Token): string => textOf([id, fence]);
const ENDS: readonly string[] = ["ack", "nack", "expire"];

/** Shades the leases among the operations; other histories have none. */
export function leaseShades(recorded: readonly PairedOperation[], lanes: Lanes): Shade[] {
  const ends = new Map<string, number>();
  let last = 0;
  for (const { f, input, outcome, callTime, returnTime } of recorded) {
    const done = Number.isFinite(returnTime) ? returnTime : callTime;
    last = Math.max(last, done);
    const token = tokenOf(input);
    if (token === undefined || outcome === "fail" || !ENDS.includes(f)) continue;
    const key = keyOf(token);
    ends.set(key, Math.min(ends.get(key) ?? Infinity, done));
  }
  return recorded.flatMap(({ process, output, outcome, returnTime }) => {
    const token = outcome === "ok" ? tokenOf(output) : undefined;
    if (token === undefined) return [];
    const end = ends.get(keyOf(token));
    const name = nameOf(token.id);
    const label = `lease of ${name}, fence ${textOf(token.fence)}${end === undefined ? ", never settled" : ""}`;
    const to = Math.max(returnTime, end ?? last);
    return [{ lane: lanes.of(process), from: returnTime, to, label }];
  });
}
