// Assertions that stay on in production. A broken invariant is a bug in Disheap, never the user's
// error: it throws, and nothing goes on with what it broke: the one place that catches it is the host's guard
// (host/host.ts), which stops the group it happened in (D-40).

/** A broken invariant: names the rule, what was expected and what was found. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

/** Throws `InvariantViolation` unless `condition` holds. `message` starts with the rule's number. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}

/** Throws: `if (!holds) broken(...)` where so much runs that a message may be made only to be thrown. */
export function broken(message: string): never {
  throw new InvariantViolation(message);
}

/** The end of an exhaustive switch: fails to compile when a case is missing. */
export function assertNever(value: never, message: string): never {
  throw new InvariantViolation(`${message}: ${String(value)}`);
}
