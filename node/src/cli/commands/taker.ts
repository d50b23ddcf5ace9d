// Takes messages for `disheap pop`: prints each and settles it after that, so that what was not printed
// is not lost.
import type { DisheapClient, Message, PopOptions, PopStream } from "@disheap/client";
import { CommandError } from "../exit-codes.js";
import type { Shell } from "../shell.js";
import type { MessagePrinter } from "./message-printer.js";

export interface PopCommandOptions {
  count?: number;
  ack: boolean;
  wait?: number;
  visibility?: number;
  follow?: boolean;
  partitions?: number[];
  raw?: boolean;
}

/** One stream leases at most so many at a time, so that leases do not run out behind a long queue. */
const chunkMax = 100;
/** What one stream can hold unsettled. */
export const heldMax = 1_000;
/** How long a node may take to end a stream that was asked to finish. */
const endingMs = 2_000;

export class Taker {
  count = 0;
  readonly #shell: Shell;
  readonly #printer: MessagePrinter;
  readonly #options: PopCommandOptions;
  readonly #outageMaxMs: number | undefined;
  readonly #acks: Promise<void>[] = [];
  readonly #failures: Error[] = [];

  /** `outageMaxMs`: how long to look for a node that serves; with --follow there is no bound. */
  constructor(
    shell: Shell,
    printer: MessagePrinter,
    options: PopCommandOptions,
    outageMaxMs: number,
  ) {
    this.#shell = shell;
    this.#outageMaxMs = options.follow === true ? undefined : outageMaxMs;
    this.#printer = printer;
    this.#options = options;
  }

  /** Takes what is ready, a chunk at a time, until a chunk comes back short. */
  async drain(client: DisheapClient, topic: string, count: number): Promise<void> {
    while (this.count < count) {
      const credits = Math.min(chunkMax, count - this.count);
      const before = this.count;
      await this.#take(client.pop(topic, { credits, ...this.#leases() }));
      if (this.count - before < credits) return;
    }
  }

  /** Takes until the count is reached, the time is over or the user stops. */
  async wait(client: DisheapClient, topic: string): Promise<void> {
    const { count, follow, wait, ack } = this.#options;
    const limit = count ?? (follow === true ? undefined : 1);
    const prefetch = Math.min(ack ? chunkMax : heldMax, limit ?? chunkMax);
    const stream = client.pop(topic, { limit, prefetch, ...this.#leases() });
    const forget = this.#shell.terminal.onStop(() => void stream.close());
    const timers: NodeJS.Timeout[] = [];
    if (wait !== undefined) {
      timers.push(setTimeout(() => stream.finish(), wait));
      timers.push(setTimeout(() => void stream.close(), wait + endingMs));
    }
    try {
      await this.#take(stream);
    } finally {
      timers.forEach(clearTimeout);
      forget();
    }
  }

  /** Waits for every ack; says how many failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#acks);
    const [first] = this.#failures;
    if (first === undefined) return;
    const text = `${this.#failures.length} of ${this.count} could not be settled and come again: ${first.message}`;
    throw new CommandError(text, "FAILED_PRECONDITION");
  }

  #leases(): PopOptions {
    const { visibility, partitions, ack } = this.#options;
    return {
      visibilityMs: visibility,
      partitions,
      outageMaxMs: this.#outageMaxMs,
      // What stays leased has the lease that was printed.
      keepLeaseMs: ack ? undefined : 0,
    };
  }

  async #take(stream: PopStream): Promise<void> {
    for await (const message of stream) {
      this.#printer.print(message);
      this.count += 1;
      if (this.#options.ack) this.#acks.push(this.#ack(message));
    }
  }

  async #ack(message: Message): Promise<void> {
    try {
      await message.ack();
    } catch (error) {
      this.#failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
