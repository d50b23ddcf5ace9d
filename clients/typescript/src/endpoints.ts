// One channel per node, opened when first needed. Every call takes the endpoints in a new random
// order, so that load spreads; those that just failed to connect come last for a moment.
import { connectivityState, credentials } from "@grpc/grpc-js";
import { DisheapClient as RawClient } from "@disheap/proto";
import { DisheapUnavailableError } from "./errors.js";
import type { ResolvedOptions } from "./options.js";

/** How long an endpoint that could not be reached is tried last. */
const coolDownMs = 2_000;

export class Endpoint {
  readonly address: string;
  readonly client: RawClient;
  #coolUntilMs = 0;

  constructor(address: string, options: ResolvedOptions) {
    this.address = address;
    const plain = options.credentials ?? credentials.createInsecure();
    this.client = new RawClient(address, plain, options.channelOptions);
  }

  get isCooling(): boolean {
    return performance.now() < this.#coolUntilMs;
  }

  /** It just failed: others are tried before it for a moment. */
  coolDown(): void {
    this.#coolUntilMs = performance.now() + coolDownMs;
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

export class EndpointPool {
  readonly #endpoints: readonly Endpoint[];

  constructor(options: ResolvedOptions) {
    this.#endpoints = options.endpoints.map((address) => new Endpoint(address, options));
  }

  get addresses(): readonly string[] {
    return this.#endpoints.map((endpoint) => endpoint.address);
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
