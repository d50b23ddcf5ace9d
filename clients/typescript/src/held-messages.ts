// Deliveries that still take room in a consumer's window: buffered ones and those at work. Their leases are
// extended halfway, for as long as it was agreed. Settling one frees its room; so does the loss of its lease,
// and so does time, because a delivery that nobody settles must not block for ever.
//
// When the link that brought them breaks, the cluster shortens their leases to its grace, at once or when it notices:
// minutes later, if a node is back by then. So from the break on what is known of their ends is a hope. They are
// extended at once and then at short intervals, and none is handed out unless an extension has just proved it.
// A stream that ended in order is a link no more: nothing would tell of its node's end. It is as if it had broken, but
// when the client asked for that end the node lived, which proves as much as an extension that was asked for then.
import { DisheapLeaseError } from "./errors.js";
import { type Lease, LeaseClock } from "./lease-clock.js";
import { visibilityMsMin } from "./limits.js";
import { timeoutMsMax } from "./limits.js";
import type { Message } from "./message.js";

/** Room is never freed before this long: a lease may last longer than is known here. */
const lapseMsMin = 30_000;
/** A lease counts as this long at least, so that extensions keep a distance. */
const leaseMsMin = 1_000;
/** Less than half of the grace that nodes give by default: how often a delivery whose link broke is extended. */
const adriftMsMax = 2_000;
/** After an extension that did not succeed the next one is tried. */
const againMs = 500;
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
  /** It may be extended. */
  isKept: boolean;
  /** Its link is no more; since when its lease is not known to run, by the monotonic clock. */
  adrift: { provedMs: number } | undefined;
}

export class HeldMessages {
  readonly #held = new Map<Message, Held>();
  readonly #lapseMs: number;
  readonly #options: HeldOptions;
  readonly #clock: LeaseClock;
  #isExtending = false;
  /** Of those who wait for something here. */
  readonly #wakers = new Set<() => void>();
  #asking: Promise<void> | undefined;

  constructor(options: HeldOptions) {
    this.#options = options;
    this.#lapseMs = Math.max(lapseMsMin, options.visibilityMs ?? 0);
    this.#clock = new LeaseClock(options.visibilityMs);
  }

  /** It has just arrived. `leftMs`: of its lease, if the node said it. */
  hold(message: Message, leftMs?: number, deadlineMs = message.leaseDeadline.getTime()): void {
    const { partition } = message;
    const delivery = { partition, deadlineMs, leftMs };
    const { lease, isNews } = this.#clock.arrived(delivery, performance.now());
    const timers = { lapse: undefined, extension: undefined, runOut: undefined };
    const held: Held = { lease, ...timers, extending: undefined, isKept: true, adrift: undefined };
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

  /** The link is no more; its node lived at `provedMs` (monotonic). What a link before it brought has its own proof. */
  broke(provedMs = Number.NEGATIVE_INFINITY): void {
    const isOrderly = Number.isFinite(provedMs);
    // After an orderly end leases stay whole (section 9): without extensions that has to do, and nothing is given back.
    if (isOrderly && this.#options.keepLeaseMs === 0) return;
    for (const [message, held] of this.#held) {
      if (held.adrift !== undefined) continue;
      held.adrift = { provedMs };
      this.#arm(message, held);
    }
  }

  /** Counts the lease of a held message anew: it was extended by `ms`, as was asked at `askedMs` (monotonic). */
  extended(message: Message, ms: number, askedMs: number): void {
    const held = this.#held.get(message);
    if (held === undefined) return;
    this.#clock.extended(held.lease, ms, askedMs);
    if (held.adrift) held.adrift.provedMs = Math.max(held.adrift.provedMs, askedMs);
    this.#arm(message, held);
  }

  /** Its settling failed: whoever works on it may try again while its lease lasts, and it is not extended any more. */
  letGo(message: Message): void {
    const held = this.#held.get(message);
    if (held === undefined) return;
    held.isKept = false;
    this.#arm(message, held);
  }

  release(message: Message): void {
    const held = this.#held.get(message);
    if (held === undefined) return;
    disarm(held);
    this.#held.delete(message);
    this.#options.onFreed();
  }

  /** Nothing is held any more, nor waited for. */
  clear(): void {
    for (const held of this.#held.values()) disarm(held);
    this.#held.clear();
    for (const wake of this.#wakers) wake();
  }

  /** The extension that is being asked for is this one's, and not of whoever works on the message. */
  get isExtending(): boolean {
    return this.#isExtending;
  }

  /** It may be handed out, and nothing has to be asked for that. */
  isSurelyLive(message: Message): boolean {
    const held = this.#held.get(message);
    return held !== undefined && this.#isRunning(held);
  }

  /**
   * Whether a delivery may be handed out: its lease runs, and not only just. Of one that seems to be over, or whose link
   * broke, the cluster knows better, so it is extended to find out, again and again while nobody answers; where that is
   * refused, or its time is over, its room is freed.
   */
  async isLive(message: Message): Promise<boolean> {
    for (;;) {
      const held = this.#held.get(message);
      if (held === undefined) return false;
      if (this.#isRunning(held)) return true;
      if (held.lease.leftMs === undefined) {
        await this.#unlessCleared(this.#ask());
        if (!this.#held.has(message)) return false;
        if (this.#isRunning(held)) return true;
      }
      if (!this.#mayExtend(held)) {
        this.release(message);
        return false;
      }
      await this.#unlessCleared(this.#extend(message));
      if (!this.#held.has(message)) return false;
      if (this.#leftMs(held) <= 0) {
        this.release(message);
        return false;
      }
      if (!this.#isDoubtful(held)) return true;
      await this.#unlessCleared();
    }
  }

  /** Until `something` has come, or for a while. */
  async #unlessCleared(something?: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake);
        resolve();
      };
      this.#wakers.add(wake);
      // Somebody waits for it, so it keeps the process alive; timers of the background do not.
      if (something === undefined) timer = setTimeout(wake, againMs);
      else void something.then(wake, wake);
    });
    clearTimeout(timer);
  }

  #mayExtend({ isKept, lease }: Held): boolean {
    return isKept && performance.now() - lease.arrivedMs < this.#options.keepLeaseMs;
  }

  #leftMs({ lease }: Held): number {
    return this.#clock.endMs(lease) - performance.now();
  }

  #isRunning(held: Held): boolean {
    return this.#leftMs(held) > this.#runOutMs(held) && !this.#isDoubtful(held);
  }

  /** Its link broke, and nothing has said since, or not lately, that its lease runs. */
  #isDoubtful({ adrift }: Held): boolean {
    return adrift !== undefined && performance.now() >= adrift.provedMs + 2 * adriftMsMax;
  }

  #runOutMs(held: Held): number {
    return Math.min(runOutMsMax, (held.lease.leftMs ?? 0) / 10);
  }

  /** By which it is extended, and halfway to whose end. */
  #leaseMs({ lease, adrift }: Held): number {
    const leaseMs = Math.max(leaseMsMin, this.#clock.visibilityMs ?? lease.leftMs ?? 0);
    // Extensions add up, and these come often.
    return adrift ? Math.min(leaseMs, adriftMsMax) : leaseMs;
  }

  /** Until the next extension. */
  #waitMs(held: Held, leftMs: number): number {
    const waitMs = Math.max(0, leftMs - this.#leaseMs(held) / 2);
    if (held.adrift === undefined) return waitMs;
    return Math.min(waitMs, Math.max(0, held.adrift.provedMs + adriftMsMax - performance.now()));
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
    const waitMs = this.#waitMs(held, leftMs);
    if (!held.isKept || keptMs + waitMs >= this.#options.keepLeaseMs) {
      const { adrift } = held;
      const provedMs = adrift ? adrift.provedMs + 2 * adriftMsMax - performance.now() : leftMs;
      this.#awaitRunOut(message, held, Math.min(leftMs, provedMs));
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
      this.#isExtending = true;
      const extended = message.extend(Math.round(this.#leaseMs(held)));
      this.#isExtending = false;
      await extended;
    } catch (error) {
      // A lease that is lost stays lost; what may pass was tried for a while, and is tried again.
      if (error instanceof DisheapLeaseError || this.#leftMs(held) <= 0) this.release(message);
      else if (this.#held.has(message) && held.isKept) {
        clearTimeout(held.extension);
        held.extension = setTimeout(() => void this.#extend(message), againMs);
        held.extension.unref();
      }
    }
  }
}

function disarm({ lapse, extension, runOut }: Held): void {
  clearTimeout(lapse);
  clearTimeout(extension);
  clearTimeout(runOut);
}
