// Who does what next: hands out orders to a fixed number of hands, so that none is idle while anything can
// be run. A hand stays with its mutant, whose code it has loaded and warmed up; then it takes a mutant that
// nobody has begun; when there is none, it helps the mutant with the fewest hands. What must be known of
// the original goes first, since it ends hunts, and is asked once per seed or file.

import type { Hunt } from "./hunt.js";
import { ORIGINAL, type Answer, type Order } from "./orders.js";

/** The name of an order on the original. */
const nameOf = (order: Order): string =>
  order.kind === "seed" ? `seed ${order.seed}` : `tests ${order.path}`;

export class Schedule {
  /** Hunts that nobody has begun, those of one long order first. */
  private readonly waiting: Hunt[];
  private readonly open: Hunt[] = [];
  /** The hunt that each hand is at. */
  private readonly at: (Hunt | undefined)[];
  /** Orders on the original that were handed out; with their answer once it is there. */
  private readonly original = new Map<string, Answer | undefined>();
  private readonly onOver: (hunt: Hunt) => void;

  /** `onOver` is told once of each hunt that has ended: its other orders need no answer any more. */
  constructor(hunts: readonly Hunt[], hands: number, onOver: (hunt: Hunt) => void) {
    const rank = (hunt: Hunt): number => (hunt.openings === 1 ? 0 : 1);
    this.waiting = [...hunts].sort((a, b) => rank(a) - rank(b));
    this.at = new Array<Hunt | undefined>(hands).fill(undefined);
    this.onOver = onOver;
  }

  get isOver(): boolean {
    return this.waiting.length === 0 && this.open.length === 0;
  }

  /** The next order for a hand; undefined while there is nothing to run. */
  take(hand: number): Order | undefined {
    const doubt = this.takeDoubt();
    if (doubt) return doubt;
    const hunt = this.choose(hand);
    this.at[hand] = hunt;
    return hunt?.take();
  }

  private takeDoubt(): Order | undefined {
    for (const { doubt } of this.open) {
      if (!doubt || this.original.has(nameOf(doubt))) continue;
      this.original.set(nameOf(doubt), undefined);
      return doubt;
    }
    return undefined;
  }

  private choose(hand: number): Hunt | undefined {
    const own = this.at[hand];
    if (own && this.open.includes(own) && own.openings > 0) return own;
    const fresh = this.waiting.shift();
    if (fresh) {
      this.open.push(fresh);
      return fresh;
    }
    const handsAt = (hunt: Hunt): number => this.at.filter((one) => one === hunt).length;
    const hunts = this.open.filter((hunt) => hunt.openings > 0);
    return hunts.sort((a, b) => handsAt(a) - handsAt(b)).at(0);
  }

  answer(order: Order, answer: Answer): void {
    if (order.copy === ORIGINAL) this.original.set(nameOf(order), answer);
    else this.open.find(({ mutant }) => mutant.id === order.copy)?.answer(order, answer);
    this.settleAll();
  }

  /** Settles what is known of the original, and closes what has come to an end. */
  private settleAll(): void {
    for (const hunt of [...this.open]) {
      for (let { doubt } = hunt; doubt; { doubt } = hunt) {
        const known = this.original.get(nameOf(doubt));
        if (!known) break;
        hunt.settle(doubt, known);
      }
      if (!hunt.kill) continue;
      this.open.splice(this.open.indexOf(hunt), 1);
      this.onOver(hunt);
    }
  }
}
