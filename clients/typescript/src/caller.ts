// Runs one unary call over the endpoints until one answers, the request proves wrong, or the budget is
// used up. A call is repeated only if that is harmless, or if it surely was not carried out. Where a repeat
// changes nothing, a node that is silent is not waited for: the next one is asked as well.
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Attempts } from "./attempts.js";
import { type Endpoint, type EndpointPool, isAnswer } from "./endpoints.js";
import { DisheapError, errorOf, exhausted, fromServiceError } from "./errors.js";
import type { ResolvedOptions } from "./options.js";
import { backoffMs, isRetryable, type RetryPolicy } from "./retry.js";
import { silenceMs } from "./silence.js";

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
  /** Sent with each attempt, beside the key. */
  headers?: Readonly<Record<string, string>>;
  /** True: may run on several nodes at a time. Default: false. */
  isIdempotent?: boolean;
  /** What was tried before, by a session: the call has the rest of its budget. */
  earlier?: Earlier | undefined;
}

export interface Earlier {
  /** Monotonic. */
  startMs: number;
  /** Undefined: nothing was sent. */
  error: DisheapError | undefined;
}

/** For a call that has only `leftMs` of its budget, or all of it if that is less. */
export function withLeft(leftMs: number, { budgetMs }: RetryPolicy): Earlier {
  return { startMs: performance.now() - Math.max(0, budgetMs - leftMs), error: undefined };
}

export class Caller {
  readonly #pool: EndpointPool;
  readonly #options: ResolvedOptions;
  readonly #closing = new AbortController();

  constructor(pool: EndpointPool, options: ResolvedOptions) {
    this.#pool = pool;
    this.#options = options;
    // Every call that waits listens: any number is right, and Node would warn of a leak from eleven on.
    setMaxListeners(0, this.#closing.signal);
  }

  close(): void {
    this.#closing.abort();
  }

  metadata(headers: Readonly<Record<string, string>> = {}): Metadata {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
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
    const attempts = new Attempts<Response>();
    try {
      return await this.#try(attempts, method, request, rules);
    } finally {
      attempts.cancel();
    }
  }

  /** Waits before round `round`, but not beyond `endMs`; a closing client does not wait. */
  async pause(round: number, endMs = Number.POSITIVE_INFINITY): Promise<void> {
    const leftMs = Math.max(0, endMs - performance.now());
    const waitMs = Math.min(backoffMs(this.#options.retry, round), leftMs);
    try {
      await sleep(waitMs, undefined, { signal: this.#closing.signal });
    } catch {
      this.assertOpen();
    }
  }

  async #try<Request, Response>(
    attempts: Attempts<Response>,
    method: UnaryMethod<Request, Response>,
    request: Request,
    rules: CallRules,
  ): Promise<Response> {
    const { maxAttempts, budgetMs } = this.#options.retry;
    const { earlier } = rules;
    const endMs = (earlier?.startMs ?? performance.now()) + budgetMs;
    const failures = new Failures(rules, this.#pool);
    if (earlier?.error !== undefined) failures.failed(undefined, earlier.error);
    // A node alone is waited for: nobody else could answer.
    const mayOverlap = rules.isIdempotent === true && this.#pool.size > 1;
    for (let round = 0; round < maxAttempts; round += 1) {
      if (round > 0) await this.pause(round, endMs);
      for (const [place, endpoint] of this.#pool.orderForCall().entries()) {
        if (attempts.isTrying(endpoint)) continue;
        this.assertOpen();
        if (performance.now() >= endMs) throw failures.exhausted(round, budgetMs);
        const isAsked = !mayOverlap && place < this.#pool.size - 1;
        attempts.start(endpoint, async (cancelled) => {
          await this.#reach(endpoint, isAsked, endMs);
          const { name, headers } = rules;
          return this.#send(endpoint, { method, request, name, headers, endMs, cancelled });
        });
        while (attempts.isTrying(endpoint)) {
          const ended = await attempts.next(mayOverlap ? endpoint : undefined);
          if (ended === undefined) {
            failures.silent(endpoint);
            break;
          }
          const { outcome } = ended;
          if ("value" in outcome) return outcome.value;
          this.#judge(ended.endpoint, outcome.error, failures);
        }
      }
      const isLast = round + 1 >= maxAttempts;
      // Where every node is being tried, another round would try nothing.
      while (attempts.size > 0 && (isLast || attempts.size === this.#pool.size)) {
        const ended = await attempts.next();
        if (ended === undefined) break;
        const { outcome } = ended;
        if ("value" in outcome) return outcome.value;
        this.#judge(ended.endpoint, outcome.error, failures);
      }
    }
    throw failures.exhausted(maxAttempts);
  }

  /** Takes note of a failure that may pass, and throws any other. */
  #judge(endpoint: Endpoint, error: Error, failures: Failures): void {
    // A channel that closes under a call throws; say why.
    this.assertOpen();
    if (!(error instanceof DisheapError)) throw error;
    failures.failed(endpoint, error);
  }

  /** Connects; `isAsked`: and makes sure that somebody is awake there, for a call that goes to one node. */
  async #reach(endpoint: Endpoint, isAsked: boolean, endMs: number): Promise<void> {
    const leftMs = Math.max(1, Math.ceil(endMs - performance.now()));
    const connectTimeoutMs = Math.min(this.#options.connectTimeoutMs, leftMs);
    await endpoint.connect(isAsked ? Math.min(connectTimeoutMs, silenceMs) : connectTimeoutMs);
    const isFresh = performance.now() - endpoint.heardMs < silenceMs;
    if (isAsked && !isFresh && !(await endpoint.answers())) throw endpoint.silenceError();
  }

  #send<Request, Response>(endpoint: Endpoint, sent: Sent<Request, Response>): Promise<Response> {
    const { method, request, name, headers, endMs, cancelled } = sent;
    // A connection that was made after the call had its answer carries nothing more.
    if (cancelled.aborted) return Promise.reject(errorOf("CANCELLED", `${name} was cancelled.`));
    const leftMs = Math.max(1, endMs - performance.now());
    const deadline = Date.now() + Math.min(this.#options.requestTimeoutMs, leftMs);
    return new Promise((resolve, reject) => {
      const call = endpoint.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.metadata(headers),
        { deadline },
        (error: ServiceError | null, response?: Response) => {
          cancelled.removeEventListener("abort", cancel);
          if (error === null || isAnswer(error.code)) endpoint.heard();
          if (error !== null) reject(fromServiceError(error, name, endpoint.address));
          else if (response !== undefined) resolve(response);
          else reject(errorOf("INTERNAL", `${name} was answered without a message.`));
        },
      );
      const cancel = (): void => call.cancel();
      cancelled.addEventListener("abort", cancel, { once: true });
    });
  }
}

interface Sent<Request, Response> {
  method: UnaryMethod<Request, Response>;
  request: Request;
  name: string;
  headers: Readonly<Record<string, string>> | undefined;
  /** When the budget of the call is over, monotonic. */
  endMs: number;
  cancelled: AbortSignal;
}

/** What went wrong so far in one call. */
class Failures {
  readonly #rules: CallRules;
  readonly #pool: EndpointPool;
  #last: DisheapError | undefined;
  #mayHaveRun = false;

  constructor(rules: CallRules, pool: EndpointPool) {
    this.#rules = rules;
    this.#pool = pool;
  }

  silent(endpoint: Endpoint): void {
    endpoint.fellSilent();
    this.#pool.leave(endpoint);
    this.#mayHaveRun = true;
    this.#last ??= endpoint.silenceError();
  }

  /** `endpoint`: what is tried next starts elsewhere, if the failure may pass. */
  failed(endpoint: Endpoint | undefined, error: DisheapError): void {
    if (isRetryable(error.code)) this.#pool.leave(endpoint);
    else throw this.#mayHaveRun ? afterLostAnswer(error) : error;
    if (error.outcomeUnknown && this.#rules.isRepeatable === false) throw notRepeated(error);
    this.#mayHaveRun ||= error.outcomeUnknown;
    // An answer tells more than a connection that could not be made.
    if (this.#last === undefined || error.cause !== undefined) this.#last = error;
  }

  exhausted(rounds: number, budgetMs?: number): DisheapError {
    const { addresses } = this.#pool;
    return exhausted(
      this.#rules.name,
      addresses,
      { rounds, budgetMs },
      this.#last,
      this.#mayHaveRun,
    );
  }
}

function afterLostAnswer(error: DisheapError): DisheapError {
  const hint = "An earlier attempt of this call ended without an answer and may have done it.";
  return errorOf(error.code, `${error.message} ${hint}`, error);
}

function notRepeated(error: DisheapError): DisheapError {
  const hint =
    "Whether it took effect is unknown, and it was not sent again because it carries nothing that makes a " +
    "repeat harmless. Look first; for an enqueue with peek, or use the default producer from the start.";
  return errorOf(error.code, `${error.message} ${hint}`, { cause: error, outcomeUnknown: true });
}
