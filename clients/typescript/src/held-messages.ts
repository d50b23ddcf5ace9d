// Deliveries that still take room in a consumer's window: buffered ones and those at work. Their leases are
// extended halfway, for as long as it was agreed. Settling one frees its room; so does the loss of its lease,
// and so does time, because a delivery that nobody settles must not block for ever.
import { DisheapLeaseError } from "./errors.js";
import { timeoutMsMax } from "./limits.js";
import type { Message } from "./message.js";

/** Room is never freed before this long, so that a clock that runs ahead cannot open the window. */
const lapseMsMin = 30_000;
/** A lease counts as this long at least, so that extensions keep a distance. */
const leaseMsMin = 1_000;

/** The shortest lease that a cluster gives. */
const visibilityMsMin = 100;
/** So long before the end of its lease a delivery counts as running out, or a tenth of it. */
const runOutMsMax = 1_000;

export interface HeldOptions {
  visibilityMs: number | undefined;
  /** How long a delivery is kept by extending its lease; 0: not at all. */
  keepLeaseMs: number;
  onFreed: () => void;
  /** The lease of a message is about to end, and is not extended any more. */
  onRunOut?: (message: Message) => void;
}

interface Held {
  lapse: NodeJS.Timeout | undefined;
  extension: NodeJS.Timeout | undefined;
  runOut: NodeJS.Timeout | undefined;
  /** Monotonic. */
  readonly sinceMs: number;
  /** How long its lease was as it came, by the clock of this machine. */
  readonly leaseMs: number;
  /** It seemed to be over as it came: this machine's clock is no help. */
  readonly isOver: boolean;
  readonly firstDeadlineMs: number;
}

export class HeldMessages {
  readonly #held = new Map<Message, Held>();
  readonly #lapseMs: number;
  readonly #options: HeldOptions;
  /** How far this machine's clock is known to be ahead of the cluster's. */
  #aheadMs = 0;

  constructor(options: HeldOptions) {
    this.#options = options;
    this.#lapseMs = Math.max(lapseMsMin, options.visibilityMs ?? 0);
  }

  hold(message: Message): void {
    const { visibilityMs } = this.#options;
    const leftMs = this.#leftMs(message);
    const isOver = leftMs <= 0;
    const leaseMs = isOver
      ? (visibilityMs ?? lapseMsMin)
      : Math.min(leftMs, visibilityMs ?? leftMs);
    const held: Held = {
      lapse: undefined,
      extension: undefined,
      runOut: undefined,
      sinceMs: performance.now(),
      leaseMs: Math.max(leaseMsMin, leaseMs),
      isOver,
      firstDeadlineMs: message.leaseDeadline.getTime(),
    };
    this.#held.set(message, held);
    this.#arm(message, held);
  }

  /** Counts the lease of a held message anew after an extension. */
  extended(message: Message): void {
    const held = this.#held.get(message);
    if (held !== undefined) this.#arm(message, held);
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
   * Whether a delivery may be handed out: its lease runs. One that seems to be over, by a clock that may be
   * ahead of the cluster's, is extended to find out; where that is refused its room is freed.
   */
  async isLive(message: Message): Promise<boolean> {
    const held = this.#held.get(message);
    if (held === undefined) return false;
    if (Math.min(this.#leftMs(message), this.#sureMs(message, held)) > 0) return true;
    if (this.#options.keepLeaseMs === 0) {
      this.release(message);
      return false;
    }
    await this.#extend(message);
    return this.#held.has(message) && this.#leftMs(message) > 0;
  }

  #leftMs(message: Message): number {
    return message.leaseDeadline.getTime() - (Date.now() - this.#aheadMs);
  }

  /** No lease lasts longer than this, by no clock but that of this process. */
  #sureMs(message: Message, held: Held): number {
    const visibilityMs = this.#options.visibilityMs ?? Number.POSITIVE_INFINITY;
    const extendedMs = message.leaseDeadline.getTime() - held.firstDeadlineMs;
    const leaseMs = Math.max(visibilityMsMin, visibilityMs) + extendedMs;
    return held.sinceMs + leaseMs - performance.now();
  }

  #arm(message: Message, held: Held): void {
    disarm(held);
    const leftMs = this.#leftMs(message);
    // A lease seems that long only to a clock far behind the cluster's.
    const lapseMs = Math.min(Math.max(leftMs, this.#lapseMs), timeoutMsMax);
    held.lapse = setTimeout(() => this.release(message), lapseMs);
    held.lapse.unref();
    const keptMs = performance.now() - held.sinceMs;
    const waitMs = Math.max(0, leftMs - held.leaseMs / 2);
    if (waitMs > timeoutMsMax) return;
    if (keptMs + waitMs >= this.#options.keepLeaseMs) {
      this.#awaitRunOut(message, held, leftMs);
      return;
    }
    held.extension = setTimeout(() => void this.#extend(message), waitMs);
    held.extension.unref();
  }

  #awaitRunOut(message: Message, held: Held, leftMs: number): void {
    const { onRunOut } = this.#options;
    const waitMs = leftMs - Math.min(runOutMsMax, held.leaseMs / 10);
    if (onRunOut === undefined || held.isOver || waitMs > timeoutMsMax) return;
    held.runOut = setTimeout(() => onRunOut(message), Math.max(0, waitMs));
    held.runOut.unref();
  }

  async #extend(message: Message): Promise<void> {
    const held = this.#held.get(message);
    if (held === undefined) return;
    const endedMs = -this.#leftMs(message);
    try {
      await message.extend(held.leaseMs);
      // It ran still, though this clock said that it had ended.
      if (endedMs > 0) this.#aheadMs += endedMs;
      this.extended(message);
    } catch (error) {
      // What may pass was tried over and over already; a lease that is lost stays lost.
      if (error instanceof DisheapLeaseError || this.#leftMs(message) <= 0) this.release(message);
    }
  }
}

function disarm({ lapse, extension, runOut }: Held): void {
  clearTimeout(lapse);
  clearTimeout(extension);
  clearTimeout(runOut);
}
