// Which calls may send their messages now (D-92). grpc-js puts a message together in memory before it hands the
// call on, so the engine's budget cannot see it yet: hundreds of large calls at once would hold memory that
// nothing bounds. How large a message is stands at its head, so every call is counted in full from its first
// bytes on, by two bounds:
//   GATE1 all calls that are not answered yet stay within REQUEST_BYTES_MAX: one beyond is refused at once;
//   GATE2 an eighth of that may be in memory. The others wait unread, for the price of a flow-control window, and
//      are let in, oldest first, as calls are answered.
// A sender that takes its time gives its place up, so that it holds up nobody else; GATE1 goes on counting it.

/** A sender that sends nothing for so long gives its place to who waits. */
const SLOW_MS = 1_000;
/** One that is not done after so long gives it up too; one that sent nothing for so long is given up. */
const STUCK_MS = 10_000;

export interface Entrant {
  readonly bytes: number;
  /** It may send. */
  readonly start: () => void;
  /** It has stopped sending, and is refused. */
  readonly stop: () => void;
  place: "waiting" | "inside" | "slow" | "gone";
  isReceived: boolean;
  sinceMs: number;
  heardMs: number;
}

interface GateLimits {
  readonly requestBytesMax: number;
  readonly messageBytesMax: number;
}

export class ReceiveGate {
  private readonly bytesMax: number;
  private readonly insideMax: number;
  /** In the order in which they came in. */
  private readonly inside = new Set<Entrant>();
  private readonly waiting = new Set<Entrant>();
  private readonly slow = new Set<Entrant>();
  private bytes = 0;
  private insideBytes = 0;
  private isShort = false;
  private readonly nowMs: () => number;
  private readonly engineBytes: () => number;

  /** `engineBytes`: of requests that the engine holds, also for clients that have left and for other nodes. */
  constructor(limits: GateLimits, nowMs: () => number, engineBytes: () => number) {
    this.bytesMax = limits.requestBytesMax;
    this.insideMax = Math.max(limits.messageBytesMax, Math.floor(limits.requestBytesMax / 8));
    this.nowMs = nowMs;
    this.engineBytes = engineBytes;
  }

  get insideCount(): number {
    return this.inside.size;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Of all calls that came in and are not answered. */
  get heldBytes(): number {
    return this.bytes;
  }

  /** A call with a message of so many bytes: it runs `start` now or later; undefined when it is refused (GATE1). */
  enter(bytes: number, start: () => void, stop: () => void): Entrant | undefined {
    if (this.bytes > 0 && this.bytes + bytes > this.bytesMax) {
      this.isShort = true;
      return undefined;
    }
    const now = this.nowMs();
    const times = { isReceived: false, sinceMs: now, heardMs: now };
    const entrant: Entrant = { bytes, start, stop, place: "waiting", ...times };
    this.bytes += bytes;
    this.waiting.add(entrant);
    this.fill();
    return entrant;
  }

  /** Some of the message came. */
  heard(entrant: Entrant): void {
    entrant.heardMs = this.nowMs();
  }

  /** All of it came: what it waits for now is the engine's to do. */
  received(entrant: Entrant): void {
    entrant.isReceived = true;
  }

  /** Answered, or gone; saying so twice is harmless. */
  leave(entrant: Entrant): void {
    if (entrant.place === "gone") return;
    this.take(entrant);
    entrant.place = "gone";
    this.bytes -= entrant.bytes;
    this.fill();
  }

  /** Takes the places of slow senders for those who wait; looks again at what the engine holds. */
  sweep(): void {
    const now = this.nowMs();
    if (this.waiting.size > 0) {
      for (const entrant of this.inside) {
        const isSilent = now - entrant.heardMs >= SLOW_MS;
        if (entrant.isReceived || !(isSilent || now - entrant.sinceMs >= STUCK_MS)) continue;
        this.take(entrant);
        entrant.place = "slow";
        this.slow.add(entrant);
      }
    }
    if (this.waiting.size > 0 || this.isShort) {
      for (const entrant of [...this.slow, ...this.inside]) {
        if (entrant.isReceived || now - entrant.heardMs < STUCK_MS) continue;
        this.leave(entrant);
        entrant.stop();
      }
    }
    this.isShort = false;
    this.fill();
  }

  private take(entrant: Entrant): void {
    if (this.inside.delete(entrant)) this.insideBytes -= entrant.bytes;
    this.waiting.delete(entrant);
    this.slow.delete(entrant);
  }

  private fill(): void {
    for (const entrant of this.waiting) {
      if (!this.hasPlace(entrant.bytes)) return;
      this.waiting.delete(entrant);
      this.inside.add(entrant);
      this.insideBytes += entrant.bytes;
      entrant.place = "inside";
      entrant.sinceMs = this.nowMs();
      entrant.heardMs = entrant.sinceMs;
      entrant.start();
    }
  }

  /** One may always come in: what the engine holds may take its time. */
  private hasPlace(bytes: number): boolean {
    const held = Math.max(this.insideBytes, this.engineBytes());
    return this.inside.size === 0 || held + bytes <= this.insideMax;
  }
}
