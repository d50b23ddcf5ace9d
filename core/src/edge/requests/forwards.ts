// Large requests on their way to other nodes (rev-B15). So many bytes may be out to one node; what comes beyond
// waits here, where its bytes are counted, and leaves as answers come. Small requests never wait: they settle
// messages, and many of them are few bytes. Invariant:
//   FWD1 `out` of a member is the sum of the bytes of the requests that name it in `window`.

import { assert } from "../../lib/assert.js";
import type { RequestAction } from "../../wire/messages.js";

/** Of a request: whose window it takes, 0 for none, and how much of it. */
interface Forwarded {
  readonly action: RequestAction;
  window: number;
}

/** A smaller request never waits for room. */
const LARGE_BYTES = 16 << 10;

export class Forwards<R extends Forwarded> {
  private readonly bytesMax: number;
  private readonly out = new Map<number, number>();
  private readonly held = new Set<R>();

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** What waits for room, oldest first. */
  get waiting(): Iterable<R> {
    return this.held;
  }

  get waitingCount(): number {
    return this.held.size;
  }

  isWaiting(request: R): boolean {
    return this.held.has(request);
  }

  bytesTo(member: number): number {
    return this.out.get(member) ?? 0;
  }

  /** Room on the way to the member, or false: then it waits. One may always be out, and who `must` go. */
  take(request: R, member: number, must: boolean): boolean {
    this.land(request);
    const bytes = bytesOf(request);
    if (bytes < LARGE_BYTES) return true;
    const out = this.bytesTo(member);
    if (!must && out > 0 && out + bytes > this.bytesMax) {
      this.held.add(request);
      return false;
    }
    this.held.delete(request);
    this.out.set(member, out + bytes);
    request.window = member;
    return true;
  }

  /** It is not on its way any more, nor does it wait. */
  give(request: R): void {
    this.held.delete(request);
    this.land(request);
  }

  private land(request: R): void {
    if (request.window === 0) return;
    const out = this.bytesTo(request.window) - bytesOf(request);
    assert(out >= 0, "FWD1: what lands was out");
    if (out > 0) this.out.set(request.window, out);
    else this.out.delete(request.window);
    request.window = 0;
  }
}

function bytesOf({ action }: Forwarded): number {
  return action.type === "propose" ? action.intent.length : 0;
}
