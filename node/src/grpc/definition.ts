// The service definitions of the contract, with one change: bytes that are not a valid message become a
// value that the handlers answer with INVALID_ARGUMENT. grpc-js alone would answer INTERNAL.

import type {
  MethodDefinition,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";

export class Malformed {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

export function tolerantDefinition(
  service: object,
): ServiceDefinition<UntypedServiceImplementation> {
  const definition: Record<string, MethodDefinition<unknown, unknown>> = {};
  for (const [name, method] of Object.entries(service)) {
    // The table is a union of message types; the server hands each method only its own.
    const untyped = method as unknown as MethodDefinition<unknown, unknown>;
    definition[name] = {
      ...untyped,
      requestDeserialize: (bytes: Buffer): unknown => {
        try {
          return untyped.requestDeserialize(bytes);
        } catch (error) {
          return new Malformed(error instanceof Error ? error.message : String(error));
        }
      },
    };
  }
  return definition;
}
