// The attempts of one call that are under way, at most one on each node. The first answer counts; the
// others are cancelled.
import type { Endpoint } from "./endpoints.js";
import { asError } from "./errors.js";
import { onSilence } from "./silence.js";

export type Outcome<Value> = { value: Value } | { error: Error };

export interface Ended<Value> {
  endpoint: Endpoint;
  outcome: Outcome<Value>;
}

export class Attempts<Value> {
  readonly #running = new Map<Endpoint, Promise<Ended<Value>>>();
  readonly #cancelling = new AbortController();

  get size(): number {
    return this.#running.size;
  }

  isTrying(endpoint: Endpoint): boolean {
    return this.#running.has(endpoint);
  }

  start(endpoint: Endpoint, run: (cancelled: AbortSignal) => Promise<Value>): void {
    const ended = run(this.#cancelling.signal).then(
      (value) => ({ endpoint, outcome: { value } }),
      (error: unknown) => ({ endpoint, outcome: { error: asError(error) } }),
    );
    this.#running.set(endpoint, ended);
  }

  /** The next attempt that ends; undefined once `watched` has become silent, whose attempt goes on. */
  async next(watched?: Endpoint): Promise<Ended<Value> | undefined> {
    let stop: () => void = () => undefined;
    const ends: Promise<Ended<Value> | undefined>[] = [...this.#running.values()];
    if (watched !== undefined) {
      const silent = new Promise<undefined>((resolve) => {
        stop = onSilence(watched, () => resolve(undefined));
      });
      ends.push(silent);
    }
    const ended = await Promise.race(ends);
    stop();
    if (ended !== undefined) this.#running.delete(ended.endpoint);
    return ended;
  }

  cancel(): void {
    this.#cancelling.abort();
  }
}
