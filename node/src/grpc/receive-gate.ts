// How many Enqueues may be received at a time (D-92). grpc-js puts a message together in memory before it
// hands the call on, so the budget for requests under way cannot see it yet: hundreds of large calls at once
// would hold memory that nothing bounds. A call beyond the bound waits unread, which costs one flow-control
// window; a sender that takes its time gives its place up, so that it holds up nobody else.

import {
  type ServerInterceptor,
  ServerInterceptingCall,
  ServerListenerBuilder,
  ResponderBuilder,
  status as Status,
} from "@grpc/grpc-js";

/** What an unread call may hold: the window of its HTTP/2 stream. */
const WINDOW_BYTES = 64 * 1024;
/** For so long a slow sender keeps its place while others wait. */
const SLOW_MS = 1_000;
const SWEEP_MS = 250;

interface Entrant {
  readonly start: () => void;
  sinceMs: number;
}

export class ReceiveGate {
  private readonly places: number;
  private readonly waitingMax: number;
  /** In the order in which they came in. */
  private readonly inside = new Set<Entrant>();
  private readonly waiting = new Set<Entrant>();
  private readonly nowMs: () => number;

  constructor(limits: GateLimits, nowMs: () => number) {
    const { requestBytesMax, messageBytesMax } = limits;
    this.places = Math.max(1, Math.floor(requestBytesMax / 2 / messageBytesMax));
    this.waitingMax = Math.max(1, Math.floor(requestBytesMax / 2 / WINDOW_BYTES));
    this.nowMs = nowMs;
  }

  get insideCount(): number {
    return this.inside.size;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Runs `start` now or when there is a place; undefined when too many wait already. */
  enter(start: () => void): Entrant | undefined {
    const entrant = { start, sinceMs: this.nowMs() };
    if (this.inside.size < this.places) this.admit(entrant);
    else if (this.waiting.size >= this.waitingMax) return undefined;
    else this.waiting.add(entrant);
    return entrant;
  }

  /** Received, or gone; saying so twice is harmless. */
  leave(entrant: Entrant): void {
    this.waiting.delete(entrant);
    if (this.inside.delete(entrant)) this.fill();
  }

  /** Takes the places of slow senders for those who wait. */
  sweep(): void {
    if (this.waiting.size === 0) return;
    for (const entrant of this.inside) {
      if (this.nowMs() - entrant.sinceMs < SLOW_MS) break;
      this.inside.delete(entrant);
    }
    this.fill();
  }

  private fill(): void {
    for (const entrant of this.waiting) {
      if (this.inside.size >= this.places) return;
      this.waiting.delete(entrant);
      this.admit(entrant);
    }
  }

  private admit(entrant: Entrant): void {
    entrant.sinceMs = this.nowMs();
    this.inside.add(entrant);
    entrant.start();
  }
}

export interface GateLimits {
  readonly requestBytesMax: number;
  readonly messageBytesMax: number;
}

const TOO_MANY = {
  code: Status.RESOURCE_EXHAUSTED,
  details:
    "This node has as many calls waiting to be received as it may (REQUEST_BYTES_MAX). Wait for answers " +
    "before sending more, or spread the load over the nodes.",
};

/** Lets calls of one method through the gate, and stops with `stop`. */
export function gateOf(
  path: string,
  gate: ReceiveGate,
): { readonly interceptor: ServerInterceptor; stop(): void } {
  const timer = setInterval(() => gate.sweep(), SWEEP_MS);
  timer.unref();
  const interceptor: ServerInterceptor = (method, call) => {
    if (method.path !== path) return new ServerInterceptingCall(call);
    let entrant: Entrant | undefined;
    const leave = (): void => {
      if (entrant) gate.leave(entrant);
      entrant = undefined;
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        entrant = gate.enter(() => next(metadata));
        if (!entrant) call.sendStatus(TOO_MANY);
      })
      .withOnReceiveMessage((message, next) => {
        leave();
        next(message);
      })
      .withOnCancel(leave)
      .build();
    const responder = new ResponderBuilder().withStart((next) => next(listener)).build();
    return new ServerInterceptingCall(call, responder);
  };
  return { interceptor, stop: () => clearInterval(timer) };
}
