// A seeded random choice: the same seed over the same mutants gives the same order, whatever is taken of it.

import seedrandom from "seedrandom";

/** All of them, in an order that only the seed decides (Fisher-Yates). */
export function shuffled<T>(all: readonly T[], seed: number): T[] {
  // The prefix matters: seedrandom mixes a short key with itself.
  const random = seedrandom(`disheap score:${seed}`);
  const order = [...all];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
