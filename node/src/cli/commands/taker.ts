// Takes messages for `disheap pop`. Each is settled after standard output took it, and none before. What is held
// when the end comes early (a reader that leaves, a signal, a partition that does not answer) goes back and costs
// no attempt.
import type { DisheapClient, Message, PopOptions, PopStream } from "@disheap/client";
import { CommandError, OutputError } from "../exit-codes.js";
import type { Shell } from "../shell.js";
import type { MessagePrinter } from "./message-printer.js";
import { giveBack } from "./give-back.js";
import { type Asked, askPartitions, notAsked } from "./not-asked.js";

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
/** The longest time a timer of this platform takes; beyond it, it would fire at once. */
const timerMsMax = 2 ** 31 - 1;

export class Taker {
  count = 0;
  /** The user asked for the end. */
  isStopped = false;
  readonly #shell: Shell;
  readonly #printer: MessagePrinter;
  readonly #options: PopCommandOptions;
  readonly #timeoutMs: number;
  readonly #acks: Promise<void>[] = [];
  readonly #failures: Error[] = [];
  /** A node did not end a stream in time: it waits for partitions that do not answer. */
  #isOverdue = false;
  /** What the cluster says of the partitions, once a node takes long. */
  #asking: Promise<Asked> | undefined;
  #onStop: () => void = () => undefined;
  /** Resolves at the user's wish to end. */
  readonly #stopped = new Promise<"stopped">((resolve) => {
    this.#onStop = () => resolve("stopped");
  });

  /** `timeoutMs`: how long to look for a node that serves, and to wait for one; with --follow without a bound. */
  constructor(
    shell: Shell,
    printer: MessagePrinter,
    options: PopCommandOptions,
    timeoutMs: number,
  ) {
    this.#shell = shell;
    this.#timeoutMs = timeoutMs;
    this.#printer = printer;
    this.#options = options;
  }

  /** Takes and settles, and returns once nothing is held that was not printed. */
  async run(client: DisheapClient, topic: string): Promise<void> {
    const { count = 1, follow, wait } = this.#options;
    const forget = this.#shell.terminal.onStop(() => {
      this.isStopped = true;
      this.#onStop();
    });
    try {
      if (follow === true || wait !== undefined) await this.#wait(client, topic);
      else await this.#drain(client, topic, count);
      if (this.#isOverdue && this.count < count) {
        const asking = this.#asking ?? askPartitions(client, topic);
        throw await notAsked(topic, { ...this.#options, count, taken: this.count, asking });
      }
    } finally {
      // What failed is the last word only where nothing else went wrong.
      await Promise.all(this.#acks);
      forget();
    }
    this.#assertSettled();
  }

  /** Takes what is ready, a chunk at a time, until a chunk comes back short. */
  async #drain(client: DisheapClient, topic: string, count: number): Promise<void> {
    while (this.count < count) {
      const credits = Math.min(chunkMax, count - this.count);
      const before = this.count;
      const stream = client.pop(topic, { credits, ...this.#leases() });
      await this.#take(client, stream, () =>
        this.#quiet(stream, () => askPartitions(client, topic)),
      );
      if (this.isStopped || this.count - before < credits) return;
    }
  }

  /** Takes until the count is reached, the time is over or the user stops. */
  async #wait(client: DisheapClient, topic: string): Promise<void> {
    const { count, follow, wait, ack } = this.#options;
    const limit = count ?? (follow === true ? undefined : 1);
    const prefetch = Math.min(ack ? chunkMax : heldMax, limit ?? chunkMax);
    const stream = client.pop(topic, { limit, prefetch, ...this.#leases() });
    const timers: NodeJS.Timeout[] = [];
    const finish = (): void => {
      stream.finish();
      this.#asking = askPartitions(client, topic);
    };
    const overdue = (): void => {
      this.#isOverdue = true;
      void stream.close();
    };
    if (wait !== undefined) {
      timers.push(setTimeout(finish, wait));
      timers.push(setTimeout(overdue, wait + Math.min(endingMs, this.#timeoutMs / 2)));
    }
    try {
      await this.#take(client, stream);
    } finally {
      timers.forEach(clearTimeout);
    }
  }

  #leases(): PopOptions {
    const { visibility, partitions, ack, follow } = this.#options;
    return {
      visibilityMs: visibility,
      partitions,
      outageMaxMs: follow === true ? undefined : this.#timeoutMs,
      // What stays leased has the lease that was printed.
      keepLeaseMs: ack ? undefined : 0,
    };
  }

  /** Once nothing has come for as long as --timeout allows, less the time that going takes. */
  #quiet(stream: PopStream, ask: () => Promise<Asked>): () => void {
    const leavingMs = Math.min(endingMs, this.#timeoutMs / 4);
    const quietMs = Math.min(this.#timeoutMs - leavingMs, timerMsMax);
    const asking = setTimeout(() => {
      this.#asking = ask();
    }, quietMs / 4);
    const leaving = setTimeout(() => {
      this.#isOverdue = true;
      // Without a connection it fails, and says why; with one, it is waiting for a partition.
      stream.finish();
      void stream.close();
    }, quietMs);
    return () => [asking, leaving].forEach(clearTimeout);
  }

  /** `watch` runs while a message is awaited; it returns how to end that. */
  async #take(
    client: DisheapClient,
    stream: PopStream,
    watch: () => () => void = () => () => undefined,
  ): Promise<void> {
    void this.#stopped.then(() => stream.close());
    for (;;) {
      const unwatch = watch();
      const { done, value: message } = await stream.next().finally(unwatch);
      if (done === true) break;
      if (await this.#print(client, stream, message)) continue;
      break;
    }
    // Whoever ended it early waits for what goes back.
    if (this.isStopped || this.#isOverdue) await stream.close();
  }

  /** True when it was printed; what was not goes back, with all that the stream holds. */
  async #print(client: DisheapClient, stream: PopStream, message: Message): Promise<boolean> {
    try {
      const end = await Promise.race([this.#printer.print(message), this.#stopped]);
      if (end !== "stopped") {
        this.count += 1;
        if (this.#options.ack) this.#acks.push(this.#ack(message));
        return true;
      }
      await Promise.all([giveBack(client, message), stream.close()]);
      return false;
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      await Promise.all([giveBack(client, message), stream.close()]);
      // A reader that left after it had something may have had enough; one that had nothing got no message.
      throw this.count > 0 ? error : new CommandError(error.message, error.code);
    }
  }

  async #ack(message: Message): Promise<void> {
    try {
      await message.ack();
    } catch (error) {
      this.#failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #assertSettled(): void {
    const [first] = this.#failures;
    if (first === undefined) return;
    const text = `${this.#failures.length} of ${this.count} could not be settled and come again: ${first.message}`;
    throw new CommandError(text, "FAILED_PRECONDITION");
  }
}
