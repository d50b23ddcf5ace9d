// Deliveries that still take room in a consumer's window: buffered ones and those at work. Their leases are
// extended halfway, for as long as it was agreed. Settling one frees its room; so does the loss of its lease,
// and so does time, because a delivery that nobody settles must not block for ever.
import { DisheapLeaseError } from "./errors.js";
import { type Lease, LeaseClock } from "./lease-clock.js";
import { visibilityMsMin } from "./limits.js";
import { timeoutMsMax } from "./limits.js";
import type { Message } from "./message.js";

/** Room is never freed before this long: a lease may last longer than is known here. */
const lapseMsMin = 30_000;
/** A lease counts as this long at least, so that extensions keep a distance. */
const leaseMsMin = 1_000;
/** So long before the end of its lease a delivery counts as running out, or a tenth of it. */
const runOutMsMax = 1_000;

export interface HeldOptions {
  visibilityMs: number | undefined;
  /** How long a delivery is kept by extending its lease; 0: not at all. */
  keepLeaseMs: number;
  onFreed: () => void;
  /** The lease of a message is about to end, and is not extended any more. */
  onRunOut?: (message: Message) => void;
  /** How long leases are, where neither the consumer nor the node said it; undefined: nobody says. */
  askVisibilityMs: () => Promise<number | undefined>;
}

interface Held {
  readonly lease: Lease;
  lapse: NodeJS.Timeout | undefined;
  extension: NodeJS.Timeout | undefined;
  runOut: NodeJS.Timeout | undefined;
  /** Under way. */
  extending: Promise<void> | undefined;
}

export class HeldMessages {
  readonly #held = new Map<Message, Held>();
  readonly #lapseMs: number;
  readonly #options: HeldOptions;
  readonly #clock: LeaseClock;
  #asking: Promise<void> | undefined;

  constructor(options: HeldOptions) {
    this.#options = options;
    this.#lapseMs = Math.max(lapseMsMin, options.visibilityMs ?? 0);
    this.#clock = new LeaseClock(options.visibilityMs);
  }

  /** It has just arrived. `leftMs`: of its lease, if the node said it. */
  hold(message: Message, leftMs?: number): void {
    const { partition } = message;
    const deadlineMs = message.leaseDeadline.getTime();
    const delivery = { partition, deadlineMs, leftMs };
    const { lease, isNews } = this.#clock.arrived(delivery, performance.now());
    const timers = { lapse: undefined, extension: undefined, runOut: undefined };
    const held: Held = { lease, ...timers, extending: undefined };
    this.#held.set(message, held);
    this.#arm(message, held);
    if (!isNews) return;
    for (const [other, before] of this.#held) {
      if (other !== message && before.lease.partition === partition) this.#arm(other, before);
    }
  }

  /** A new stream has nothing to do with what the one before told of its leases. */
  reopened(): void {
    this.#clock.reopened();
  }

  /** Counts the lease of a held message anew: it was extended by `ms`, as was asked at `askedMs` (monotonic). */
  extended(message: Message, ms: number, askedMs: number): void {
    const held = this.#held.get(message);
    if (held === undefined) return;
    this.#clock.extended(held.lease, ms, askedMs);
    this.#arm(message, held);
  }

  release(message: Message): void {
    const held = this.#held.get(message);
    if (held === undefined) return;
    disarm(held);
    this.#held.delete(message);
    this.#options.onFreed();
  }

  clear(): void {
    for (const held of this.#held.values()) disarm(held);
    this.#held.clear();
  }

  /**
   * Whether a delivery may be handed out: its lease runs, and not only just. Of one that seems to be over the
   * cluster knows better, so it is extended to find out; where that is refused its room is freed.
   */
  async isLive(message: Message): Promise<boolean> {
    const held = this.#held.get(message);
    if (held === undefined) return false;
    if (this.#isRunning(held)) return true;
    if (held.lease.leftMs === undefined) await this.#ask();
    if (this.#held.has(message) && this.#isRunning(held)) return true;
    if (this.#options.keepLeaseMs === 0) {
      this.release(message);
      return false;
    }
    await this.#extend(message);
    return this.#held.has(message) && this.#leftMs(held) > 0;
  }

  #leftMs({ lease }: Held): number {
    return this.#clock.endMs(lease) - performance.now();
  }

  #isRunning(held: Held): boolean {
    return this.#leftMs(held) > this.#runOutMs(held);
  }

  #runOutMs(held: Held): number {
    return Math.min(runOutMsMax, (held.lease.leftMs ?? 0) / 10);
  }

  /** By which it is extended, and halfway to whose end. */
  #leaseMs({ lease }: Held): number {
    return Math.max(leaseMsMin, this.#clock.visibilityMs ?? lease.leftMs ?? 0);
  }

  /** Once for all that come meanwhile. */
  #ask(): Promise<void> {
    this.#asking ??= this.#options.askVisibilityMs().then((visibilityMs) => {
      this.#asking = undefined;
      this.#clock.learn(visibilityMs ?? 0);
      for (const [message, held] of this.#held) {
        if (held.lease.leftMs !== undefined) continue;
        // The least that it can be is sure, so it is extended at once.
        held.lease.leftMs = this.#clock.visibilityMs ?? visibilityMsMin;
        this.#arm(message, held);
      }
    });
    return this.#asking;
  }

  #arm(message: Message, held: Held): void {
    disarm(held);
    const leftMs = this.#leftMs(held);
    const lapseMs = Math.min(Math.max(leftMs, this.#lapseMs), timeoutMsMax);
    held.lapse = setTimeout(() => this.release(message), lapseMs);
    held.lapse.unref();
    if (held.lease.leftMs === undefined) {
      held.extension = setTimeout(() => void this.#ask(), visibilityMsMin / 2);
      held.extension.unref();
      return;
    }
    const keptMs = performance.now() - held.lease.arrivedMs;
    const waitMs = Math.max(0, leftMs - this.#leaseMs(held) / 2);
    if (keptMs + waitMs >= this.#options.keepLeaseMs) {
      this.#awaitRunOut(message, held, leftMs);
      return;
    }
    held.extension = setTimeout(() => void this.#extend(message), waitMs);
    held.extension.unref();
  }

  #awaitRunOut(message: Message, held: Held, leftMs: number): void {
    const { onRunOut } = this.#options;
    const waitMs = leftMs - this.#runOutMs(held);
    if (onRunOut === undefined) return;
    held.runOut = setTimeout(() => onRunOut(message), Math.max(0, waitMs));
    held.runOut.unref();
  }

  #extend(message: Message): Promise<void> {
    const held = this.#held.get(message);
    if (held === undefined) return Promise.resolve();
    held.extending ??= this.#extendOnce(message, held).finally(() => (held.extending = undefined));
    return held.extending;
  }

  async #extendOnce(message: Message, held: Held): Promise<void> {
    try {
      await message.extend(Math.round(this.#leaseMs(held)));
    } catch (error) {
      // What may pass was tried over and over already; a lease that is lost stays lost.
      if (error instanceof DisheapLeaseError || this.#leftMs(held) <= 0) this.release(message);
    }
  }
}

function disarm({ lapse, extension, runOut }: Held): void {
  clearTimeout(lapse);
  clearTimeout(extension);
  clearTimeout(runOut);
}
