// One channel per node, opened when first needed. Endpoints are taken in random order, so that load
// spreads; one that could not be reached comes last until its channel, which keeps dialling by itself, is
// connected again, and one that swallows calls until it has answered one: nobody waits for a dead or frozen
// node while others answer. Calls that follow each other closely
// go to the same node: what is under way together then shares packets, and the node's batches.
import { connectivityState, credentials, status as Status } from "@grpc/grpc-js";
import { DisheapClient as RawClient } from "@disheap/proto";
import { DisheapUnavailableError } from "./errors.js";
import type { ResolvedOptions } from "./options.js";
import { afterListening, silenceMs } from "./silence.js";

/** The standard health check; a server that does not know it answers too. */
const healthPath = "/grpc.health.v1.Health/Check";
const noBytes = Buffer.alloc(0);
/** Codes that may come from this side of the wire: they do not prove that a node is awake. */
const localCodes: ReadonlySet<Status> = new Set([
  Status.UNAVAILABLE,
  Status.CANCELLED,
  Status.DEADLINE_EXCEEDED,
  Status.INTERNAL,
]);

/** Only a node that is awake answers a call like this. */
export function isAnswer(code: Status): boolean {
  return !localCodes.has(code);
}

export class Endpoint {
  readonly address: string;
  readonly client: RawClient;
  #isUnreachable = false;
  #isSilent = false;
  #heardMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<boolean> | undefined;

  constructor(address: string, options: ResolvedOptions) {
    this.address = address;
    const plain = options.credentials ?? credentials.createInsecure();
    this.client = new RawClient(address, plain, options.channelOptions);
  }

  /** When it last said anything, monotonic. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** It could not be reached, or was silent, and has not come back; asking makes the channel try. */
  get isCooling(): boolean {
    if (!this.#isUnreachable && !this.#isSilent) return false;
    const isReady = this.client.getChannel().getConnectivityState(true) === connectivityState.READY;
    if (isReady) this.#isUnreachable = false;
    if (isReady && this.#isSilent) void this.answers();
    return this.#isUnreachable || this.#isSilent;
  }

  /** It just failed: others are tried before it until it is connected again. */
  coolDown(): void {
    this.#isUnreachable = true;
  }

  /** It swallows calls: others are tried before it until it has answered one. */
  fellSilent(): void {
    this.#isSilent = true;
  }

  heard(): void {
    this.#heardMs = performance.now();
    this.#isSilent = false;
  }

  /** Asks, over the channel that the calls use, whether anybody is awake there. Who asks meanwhile shares it. */
  answers(): Promise<boolean> {
    this.#asking ??= this.#ask();
    return this.#asking;
  }

  silenceError(): DisheapUnavailableError {
    const message = `${this.address} is connected, but silent for ${silenceMs} ms.`;
    return new DisheapUnavailableError(message, "UNAVAILABLE", { endpoint: this.address });
  }

  async #ask(): Promise<boolean> {
    const hasAnswered = await new Promise<boolean>((resolve) => {
      const call = this.client.makeUnaryRequest(
        healthPath,
        () => noBytes,
        (bytes) => bytes,
        undefined,
        (error) => {
          stop();
          resolve(error === null || isAnswer(error.code));
        },
      );
      const stop = afterListening(silenceMs, () => call.cancel());
    });
    this.#asking = undefined;
    if (hasAnswered) this.heard();
    else this.fellSilent();
    return hasAnswered;
  }

  /**
   * Resolves once the channel is connected. A call sent after a failure here was surely not sent,
   * which is more than gRPC's own UNAVAILABLE can say.
   */
  async connect(timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    const channel = this.client.getChannel();
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY) return;
      if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) {
        throw this.#unreachable("the connection was refused or lost");
      }
      const changed = await new Promise<boolean>((resolve) => {
        channel.watchConnectivityState(state, deadlineMs, (error) => resolve(error === undefined));
      });
      if (!changed) throw this.#unreachable(`no connection within ${timeoutMs} ms`);
    }
  }

  #unreachable(reason: string): DisheapUnavailableError {
    this.coolDown();
    const message = `Nothing answers at ${this.address}: ${reason}.`;
    return new DisheapUnavailableError(message, "UNAVAILABLE", { endpoint: this.address });
  }
}

/** A run of calls to one node ends after this many, or this long after its first. */
const runCallsMax = 64;
const runMsMax = 50;

export class EndpointPool {
  readonly #endpoints: readonly Endpoint[];
  readonly #nowMs: () => number;
  #run: { endpoint: Endpoint; callsLeft: number; endMs: number } | undefined;

  /** `nowMs` is monotonic. */
  constructor(options: ResolvedOptions, nowMs: () => number = () => performance.now()) {
    this.#endpoints = options.endpoints.map((address) => new Endpoint(address, options));
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#endpoints.length;
  }

  get addresses(): readonly string[] {
    return this.#endpoints.map((endpoint) => endpoint.address);
  }

  /** For a call: every endpoint once, first the one that the run of calls just before it went to. */
  orderForCall(): Endpoint[] {
    const order = this.order();
    const nowMs = this.#nowMs();
    const run = this.#run;
    if (run !== undefined && run.callsLeft > 0 && nowMs < run.endMs && !run.endpoint.isCooling) {
      run.callsLeft -= 1;
      return [run.endpoint, ...order.filter((endpoint) => endpoint !== run.endpoint)];
    }
    const endpoint = order[0];
    if (endpoint !== undefined) {
      this.#run = { endpoint, callsLeft: runCallsMax - 1, endMs: nowMs + runMsMax };
    }
    return order;
  }

  /** A call failed there: the next one starts elsewhere, or by chance at the same node. */
  leave(endpoint: Endpoint | undefined): void {
    if (endpoint !== undefined && this.#run?.endpoint === endpoint) this.#run = undefined;
  }

  /** Every endpoint once, shuffled, cooling ones last. */
  order(): Endpoint[] {
    const shuffled = [...this.#endpoints];
    for (let index = shuffled.length - 1; index > 0; index -= 1) {
      const other = Math.floor(Math.random() * (index + 1));
      const [a, b] = [shuffled[index], shuffled[other]];
      if (a !== undefined && b !== undefined) [shuffled[index], shuffled[other]] = [b, a];
    }
    return shuffled.sort((a, b) => Number(a.isCooling) - Number(b.isCooling));
  }

  close(): void {
    for (const endpoint of this.#endpoints) endpoint.client.close();
  }
}
