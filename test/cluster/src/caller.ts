// Calls through any node, with the one distinction that matters to a history: answered, surely refused,
// or nobody knows. The SDK would retry and hide that, so this speaks to the generated client directly.

import { DisheapClient } from "@disheap/proto";
import { credentials, type ServiceError, status as Status } from "@grpc/grpc-js";
import type { Rng } from "./rng.js";

const CALL_MAX_MS = 6_000;
const RECONNECT_MAX_MS = 300;

export type Outcome<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "fail"; readonly code: string; readonly message: string }
  | { readonly kind: "unknown"; readonly code: string; readonly message: string };

/** Codes that say "surely without effect" (contract section 5). */
const REFUSALS = new Set([
  Status.INVALID_ARGUMENT,
  Status.NOT_FOUND,
  Status.ALREADY_EXISTS,
  Status.FAILED_PRECONDITION,
  Status.RESOURCE_EXHAUSTED,
  Status.ABORTED,
  Status.UNIMPLEMENTED,
]);

type Done<T> = (error: ServiceError | null, response: T) => void;
type Send<T> = (client: DisheapClient, options: { deadline: number }, done: Done<T>) => unknown;

export class Caller {
  readonly endpoints: readonly string[];
  readonly clients: readonly DisheapClient[];
  private readonly rng: Rng;

  constructor(endpoints: readonly string[], rng: Rng) {
    this.rng = rng;
    this.endpoints = endpoints;
    this.clients = endpoints.map(
      (endpoint) =>
        new DisheapClient(endpoint, credentials.createInsecure(), {
          "grpc.initial_reconnect_backoff_ms": 100,
          "grpc.min_reconnect_backoff_ms": 100,
          "grpc.max_reconnect_backoff_ms": RECONNECT_MAX_MS,
        }),
    );
  }

  anyClient(): DisheapClient {
    return this.rng.pick(this.clients);
  }

  endpointOf(client: DisheapClient): string {
    return this.endpoints[this.clients.indexOf(client)] ?? "";
  }

  call<T>(send: Send<T>, client = this.anyClient()): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      send(client, { deadline: Date.now() + CALL_MAX_MS }, (error, value) => {
        if (error === null) {
          resolve({ kind: "ok", value });
          return;
        }
        const code = Status[error.code] ?? String(error.code);
        const kind = REFUSALS.has(error.code) ? "fail" : "unknown";
        resolve({ kind, code, message: error.details });
      });
    });
  }

  /** Repeats a read, or a call that may safely be repeated, until it is answered with OK. */
  async insist<T>(what: string, send: Send<T>, maxMs: number): Promise<T> {
    const limitMs = Date.now() + maxMs;
    let last = "never tried";
    while (Date.now() < limitMs) {
      const outcome = await this.call(send);
      if (outcome.kind === "ok") return outcome.value;
      last = `${outcome.code}: ${outcome.message}`;
      if (outcome.kind === "fail" && outcome.code !== "NOT_FOUND") break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${what} failed: ${last}`);
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}
