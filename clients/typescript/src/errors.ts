// What can go wrong, as classes a caller can tell apart. Each maps one or two gRPC codes; the message
// is a sentence that says what to do next, and `code` keeps the name of the gRPC code.
import { status as Status, type Metadata, type ServiceError } from "@grpc/grpc-js";

/** The name of a gRPC status code, such as `NOT_FOUND`. */
export type ErrorCode = keyof typeof Status;

/** The trailer in which a refused destructive call hands out its confirmation token. */
const confirmationTrailer = "disheap-confirmation-token";

export interface ErrorDetails {
  cause?: unknown;
  /** The node that answered, as host:port. */
  endpoint?: string | undefined;
  /** True when the call may have taken effect although it failed. */
  outcomeUnknown?: boolean;
  /** From a refused deletion: repeat it with this token within five minutes. */
  confirmationToken?: string | undefined;
}

/** Any failure of a call to Disheap. */
export class DisheapError extends Error {
  readonly code: ErrorCode;
  readonly endpoint: string | undefined;
  readonly outcomeUnknown: boolean;
  readonly confirmationToken: string | undefined;

  constructor(message: string, code: ErrorCode = "UNKNOWN", details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.endpoint = details.endpoint;
    this.outcomeUnknown = details.outcomeUnknown ?? false;
    this.confirmationToken = details.confirmationToken;
  }
}

/** An argument is wrong (INVALID_ARGUMENT). Repeating it cannot help. */
export class DisheapValidationError extends DisheapError {}
/** Credentials are missing or not valid (UNAUTHENTICATED). */
export class DisheapAuthenticationError extends DisheapError {}
/** The credentials do not allow this, or were revoked (PERMISSION_DENIED). */
export class DisheapPermissionError extends DisheapError {}
/** No such topic, message or partition (NOT_FOUND). */
export class DisheapNotFoundError extends DisheapError {}
/** It exists already (ALREADY_EXISTS), or something else got in the way (ABORTED). */
export class DisheapConflictError extends DisheapError {}
/** The lease is not held any more, or a deletion lacks its confirmation (FAILED_PRECONDITION). */
export class DisheapLeaseError extends DisheapError {}
/** No node can serve this now (UNAVAILABLE). */
export class DisheapUnavailableError extends DisheapError {}
/** No answer in time (DEADLINE_EXCEEDED). */
export class DisheapTimeoutError extends DisheapError {}
/** A limit is reached (RESOURCE_EXHAUSTED). */
export class DisheapCapacityError extends DisheapError {}

const classes: Partial<Record<ErrorCode, typeof DisheapError>> = {
  INVALID_ARGUMENT: DisheapValidationError,
  OUT_OF_RANGE: DisheapValidationError,
  UNAUTHENTICATED: DisheapAuthenticationError,
  PERMISSION_DENIED: DisheapPermissionError,
  NOT_FOUND: DisheapNotFoundError,
  ALREADY_EXISTS: DisheapConflictError,
  ABORTED: DisheapConflictError,
  FAILED_PRECONDITION: DisheapLeaseError,
  UNAVAILABLE: DisheapUnavailableError,
  DEADLINE_EXCEEDED: DisheapTimeoutError,
  RESOURCE_EXHAUSTED: DisheapCapacityError,
};

/** The error of the class that belongs to `code`. */
export function errorOf(
  code: ErrorCode,
  message: string,
  details: ErrorDetails = {},
): DisheapError {
  return new (classes[code] ?? DisheapError)(message, code, details);
}

export function invalidArgument(message: string): DisheapValidationError {
  return new DisheapValidationError(message, "INVALID_ARGUMENT");
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new DisheapError(String(error));
}

/** Turns what grpc-js reports into an error of ours. `name` is the call as its caller knows it. */
export function fromServiceError(
  error: ServiceError,
  name: string,
  endpoint: string,
): DisheapError {
  const code = codeOf(error.code);
  const text = sentence(error.details === "" ? "no further details" : error.details);
  return errorOf(code, `${name} failed with ${code} at ${endpoint}: ${text}`, {
    cause: error,
    endpoint,
    outcomeUnknown: leavesOutcomeUnknown(code),
    confirmationToken: confirmationTokenOf(error.metadata),
  });
}

/** What a session says of one row, with a status code of gRPC. */
export function fromStatus(
  status: number,
  details: string,
  { name, endpoint, mayBeDone }: { name: string; endpoint: string; mayBeDone: boolean },
): DisheapError {
  const code = codeOf(status);
  const text = sentence(details === "" ? "no further details" : details);
  return errorOf(code, `${name} failed with ${code} at ${endpoint}: ${text}`, {
    endpoint,
    outcomeUnknown: mayBeDone,
  });
}

/** The error of a call that was tried over and over; `last` is the most telling of its failures. */
export function exhausted(
  name: string,
  addresses: readonly string[],
  spent: { rounds: number; budgetMs?: number | undefined },
  last: DisheapError | undefined,
  outcomeUnknown = false,
): DisheapError {
  const code = last?.code ?? "UNAVAILABLE";
  const hint =
    code === "UNAVAILABLE" ? " Check that the cluster runs and that the endpoints are right." : "";
  const { rounds, budgetMs } = spent;
  const when = budgetMs === undefined ? "" : ` after ${budgetMs} ms,`;
  const message =
    `${name} gave up${when} after trying ${addresses.join(", ")}${times(rounds)}. ` +
    `Last: ${last?.message ?? "no endpoint was tried."}${hint}`;
  return errorOf(code, message, { cause: last, outcomeUnknown });
}

/** The error of a stream that should have ended by itself. */
export function unending(topic: string, endpoint: string, quietMs: number): DisheapError {
  const message =
    `pop(${topic}) gave up: ${endpoint} neither delivered nor ended the stream for ${quietMs} ms. It waits for ` +
    `a partition that does not answer; stats("${topic}") names those without a leader, and the option partitions ` +
    `leaves them out. What had come was handed out.`;
  return errorOf("DEADLINE_EXCEEDED", message, { endpoint });
}

/** Rounds that were ended: in the first, not every node was reached before the time was over. */
function times(rounds: number): string {
  if (rounds === 0) return " for less than a round";
  return rounds === 1 ? " once" : ` ${rounds} times`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** A call that this client did not cancel and that ends CANCELLED lost its connection. */
function codeOf(status: Status): ErrorCode {
  if (status === Status.CANCELLED) return "UNAVAILABLE";
  return (Status[status] as ErrorCode | undefined) ?? "UNKNOWN";
}

/** Codes after which nobody can say whether the call took effect. */
function leavesOutcomeUnknown(code: ErrorCode): boolean {
  return code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED" || code === "INTERNAL";
}

function confirmationTokenOf(metadata: Metadata | undefined): string | undefined {
  const value = metadata?.get(confirmationTrailer)[0];
  return value === undefined ? undefined : value.toString();
}
