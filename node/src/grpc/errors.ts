// Failures of the contract as gRPC statuses, and the complaint of a request that needs no state to be
// refused.

import { type Failure, GRPC_STATUS } from "@disheap/core";
import { Metadata, type StatusObject } from "@grpc/grpc-js";

/** Trailer that carries a token for a destructive call (contract section 14). */
const CONFIRMATION_TRAILER = "disheap-confirmation-token";

export function toStatus(failure: Failure): StatusObject {
  const metadata = new Metadata();
  if (failure.confirmationToken !== undefined) {
    metadata.set(CONFIRMATION_TRAILER, failure.confirmationToken);
  }
  return { code: GRPC_STATUS[failure.code], details: failure.message, metadata };
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
