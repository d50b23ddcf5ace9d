// Runs one unary call over the endpoints until one answers, the request proves wrong, or the rounds
// are used up. A call is repeated only if that is harmless, or if it surely was not carried out.
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { setTimeout as sleep } from "node:timers/promises";
import type { Endpoint, EndpointPool } from "./endpoints.js";
import { DisheapError, errorOf, exhausted, fromServiceError } from "./errors.js";
import type { ResolvedOptions } from "./options.js";
import { backoffMs, isRetryable } from "./retry.js";

/** The part of a generated method definition that a call needs. */
export interface UnaryMethod<Request, Response> {
  path: string;
  requestSerialize: (value: Request) => Buffer;
  responseDeserialize: (bytes: Buffer) => Response;
}

export interface CallRules {
  /** The call as its caller knows it, for messages. */
  name: string;
  /** False: never sent again once its outcome is unknown. Default: true. */
  isRepeatable?: boolean;
}

export class Caller {
  readonly #pool: EndpointPool;
  readonly #options: ResolvedOptions;
  readonly #closing = new AbortController();

  constructor(pool: EndpointPool, options: ResolvedOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  close(): void {
    this.#closing.abort();
  }

  metadata(): Metadata {
    const metadata = new Metadata();
    const key = this.#options.apiKey;
    if (key !== undefined) metadata.set("authorization", `Bearer ${key}`);
    return metadata;
  }

  assertOpen(): void {
    if (!this.#closing.signal.aborted) return;
    throw new DisheapError("This client is closed; create a new one.", "FAILED_PRECONDITION");
  }

  async unary<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    rules: CallRules,
  ): Promise<Response> {
    let last: DisheapError | undefined;
    let mayHaveRun = false;
    const startedMs = performance.now();
    for (let round = 0; round < this.#options.retry.maxAttempts; round += 1) {
      if (round > 0) await this.pause(round);
      for (const endpoint of this.#pool.orderForCall()) {
        this.assertOpen();
        if (performance.now() - startedMs > this.#options.retry.budgetMs) {
          throw exhausted(rules.name, this.#pool.addresses, round, last, mayHaveRun);
        }
        const result = await this.#attempt(endpoint, method, request, rules.name);
        if ("value" in result) return result.value;
        const { error } = result;
        if (isRetryable(error.code)) this.#pool.leave(endpoint);
        else throw mayHaveRun ? afterLostAnswer(error) : error;
        if (error.outcomeUnknown && rules.isRepeatable === false) throw notRepeated(error);
        mayHaveRun ||= error.outcomeUnknown;
        // An answer tells more than a connection that could not be made.
        if (last === undefined || error.cause !== undefined) last = error;
      }
    }
    const rounds = this.#options.retry.maxAttempts;
    throw exhausted(rules.name, this.#pool.addresses, rounds, last, mayHaveRun);
  }

  /** Waits before round `round`; a closing client does not wait. */
  async pause(round: number): Promise<void> {
    const waitMs = backoffMs(this.#options.retry, round);
    try {
      await sleep(waitMs, undefined, { signal: this.#closing.signal });
    } catch {
      this.assertOpen();
    }
  }

  async #attempt<Request, Response>(
    endpoint: Endpoint,
    method: UnaryMethod<Request, Response>,
    request: Request,
    name: string,
  ): Promise<{ value: Response } | { error: DisheapError }> {
    try {
      await endpoint.connect(this.#options.connectTimeoutMs);
      return { value: await this.#send(endpoint, method, request, name) };
    } catch (error) {
      if (error instanceof DisheapError) return { error };
      // A channel that closes under a call throws; say why.
      this.assertOpen();
      throw error;
    }
  }

  #send<Request, Response>(
    endpoint: Endpoint,
    method: UnaryMethod<Request, Response>,
    request: Request,
    name: string,
  ): Promise<Response> {
    const deadline = Date.now() + this.#options.requestTimeoutMs;
    return new Promise((resolve, reject) => {
      endpoint.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.metadata(),
        { deadline },
        (error: ServiceError | null, response?: Response) => {
          if (error !== null) reject(fromServiceError(error, name, endpoint.address));
          else if (response !== undefined) resolve(response);
          else reject(errorOf("INTERNAL", `${name} was answered without a message.`));
        },
      );
    });
  }
}

function afterLostAnswer(error: DisheapError): DisheapError {
  const hint = "An earlier attempt of this call ended without an answer and may have done it.";
  return errorOf(error.code, `${error.message} ${hint}`, error);
}

function notRepeated(error: DisheapError): DisheapError {
  const hint =
    "Whether it took effect is unknown, and it was not sent again because it carries no producer " +
    "identity. Look with peek, or enqueue with the default producer, which makes a repeat harmless.";
  return errorOf(error.code, `${error.message} ${hint}`, { cause: error, outcomeUnknown: true });
}
