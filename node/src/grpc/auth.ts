// Who may call. Keys do not exist yet: `off` lets everybody in, `optional` refuses a call that presents
// a key, because no key can be valid (contract section 6).

import { type Metadata, status as Status, type StatusObject } from "@grpc/grpc-js";
import type { AuthMode } from "../config/node-config.js";

const REFUSAL =
  "The call presents an API key, but no keys exist on this cluster. Send it without authorization " +
  "and x-api-key.";

/** The refusal of a call with these headers, or nothing. */
export function authProblem(
  mode: AuthMode,
  header: (name: string) => string | undefined,
): string | undefined {
  if (mode === "off") return undefined;
  const isPresented = header("authorization") !== undefined || header("x-api-key") !== undefined;
  return isPresented ? REFUSAL : undefined;
}

export function authStatus(mode: AuthMode, metadata: Metadata): Partial<StatusObject> | undefined {
  const problem = authProblem(mode, (name) => metadata.get(name)[0]?.toString());
  return problem === undefined ? undefined : { code: Status.UNAUTHENTICATED, details: problem };
}
