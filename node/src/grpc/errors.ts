// Failures of the contract as gRPC statuses, and the complaint of a request that needs no state to be
// refused.

import { type ErrorCode, type Failure } from "@disheap/core";
import { Metadata, status as Status, type StatusObject } from "@grpc/grpc-js";

/** Trailer that carries a token for a destructive call (contract section 14). */
const CONFIRMATION_TRAILER = "disheap-confirmation-token";

const STATUS_OF: Readonly<Record<ErrorCode, Status>> = {
  INVALID_ARGUMENT: Status.INVALID_ARGUMENT,
  NOT_FOUND: Status.NOT_FOUND,
  ALREADY_EXISTS: Status.ALREADY_EXISTS,
  FAILED_PRECONDITION: Status.FAILED_PRECONDITION,
  ABORTED: Status.ABORTED,
  UNAVAILABLE: Status.UNAVAILABLE,
  DEADLINE_EXCEEDED: Status.DEADLINE_EXCEEDED,
  RESOURCE_EXHAUSTED: Status.RESOURCE_EXHAUSTED,
  UNIMPLEMENTED: Status.UNIMPLEMENTED,
  INTERNAL: Status.INTERNAL,
};

export function toStatus(failure: Failure): StatusObject {
  const metadata = new Metadata();
  if (failure.confirmationToken !== undefined) {
    metadata.set(CONFIRMATION_TRAILER, failure.confirmationToken);
  }
  return { code: STATUS_OF[failure.code], details: failure.message, metadata };
}

/** A request that no state could make valid. Thrown while reading it, caught where it is answered. */
class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
}

/** Refuses `field`: `problem` says what is wrong and what to send instead. */
export function refuse(field: string, problem: string): never {
  throw new InvalidRequest(`${field}: ${problem}`);
}

export function toFailure(error: unknown): Failure {
  if (error instanceof InvalidRequest) return { code: "INVALID_ARGUMENT", message: error.message };
  return {
    code: "INTERNAL",
    message: "This node made a mistake while reading the request; its log says more.",
  };
}
