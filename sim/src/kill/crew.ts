// Carries a schedule out: a fixed number of hands, each of which takes an order, has it carried out, brings
// the answer and takes the next one. A hand that finds nothing to do waits for the next answer.

import type { Hunt, Kill } from "./hunt.js";
import type { Answer, Order } from "./orders.js";
import { Schedule } from "./schedule.js";

/** Where orders are carried out. */
export interface Workshop {
  /** Undefined: the copy was closed meanwhile, and nobody wants the answer. */
  carryOut(hand: number, order: Order): Promise<Answer | undefined>;
  /** A copy is not needed any more: what still runs in it ends. */
  close(copy: string): void;
}

export interface CrewOptions {
  readonly hands: number;
  readonly workshop: Workshop;
  readonly onKill: (kill: Kill) => void;
  readonly onOrder?: (order: Order) => void;
}

/** Resolves when every hunt is over. The verdicts depend on no timing, only their order does. */
export async function runHunts(hunts: readonly Hunt[], options: CrewOptions): Promise<void> {
  const { hands, workshop, onKill, onOrder } = options;
  let wakers: (() => void)[] = [];
  const schedule = new Schedule(hunts, hands, (hunt) => {
    workshop.close(hunt.mutant.id);
    if (hunt.kill) onKill(hunt.kill);
  });
  const wakeAll = (): void => {
    const woken = wakers;
    wakers = [];
    for (const wake of woken) wake();
  };
  const work = async (hand: number): Promise<void> => {
    while (!schedule.isOver) {
      const order = schedule.take(hand);
      if (!order) {
        await new Promise<void>((resolve) => wakers.push(resolve));
        continue;
      }
      // What others can take may have changed with it.
      wakeAll();
      onOrder?.(order);
      const answer = await workshop.carryOut(hand, order);
      if (answer) schedule.answer(order, answer);
      wakeAll();
    }
  };
  await Promise.all(Array.from({ length: hands }, (_, hand) => work(hand)));
}
