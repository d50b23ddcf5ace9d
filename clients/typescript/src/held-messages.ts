// Deliveries that still take room in a consumer's window. Settling one frees its room; so does time,
// once its lease has surely ended, because a delivery that nobody settles must not block for ever.
import type { Message } from "./message.js";

/** Room is never freed before this long, so that a clock that runs ahead cannot open the window. */
const lapseMsMin = 30_000;
/** The longest time a timer of this platform takes; beyond it, it would fire at once. */
const timeoutMsMax = 2 ** 31 - 1;

export class HeldMessages {
  readonly #timers = new Map<Message, NodeJS.Timeout>();
  readonly #lapseMs: number;
  readonly #onFreed: () => void;

  constructor(visibilityMs: number | undefined, onFreed: () => void) {
    this.#lapseMs = Math.max(lapseMsMin, visibilityMs ?? 0);
    this.#onFreed = onFreed;
  }

  hold(message: Message): void {
    clearTimeout(this.#timers.get(message));
    const leaseMs = message.leaseDeadline.getTime() - Date.now();
    // A lease seems that long only to a clock far behind the cluster's.
    const lapseMs = Math.min(Math.max(leaseMs, this.#lapseMs), timeoutMsMax);
    const timer = setTimeout(() => this.release(message), lapseMs);
    timer.unref();
    this.#timers.set(message, timer);
  }

  /** Counts the lease of a held message anew after an extension. */
  extended(message: Message): void {
    if (this.#timers.has(message)) this.hold(message);
  }

  release(message: Message): void {
    const timer = this.#timers.get(message);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#timers.delete(message);
    this.#onFreed();
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
