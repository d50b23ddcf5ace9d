// Long legal priority-queue histories for the monitors' bench: many clients, distinct items, pops in
// order, every operation with some length so that neighbours overlap.
import type { PopInterval, ReadyInterval } from "../monitor/better-waiting.js";
import type { PriorityQueueInput, PriorityQueueOutput } from "../model/priority-queue.js";
import type { Operation } from "../search/model.js";
import { Random } from "./generate.js";

/** A binary heap of (priority, item) pairs packed into one number each. */
class Heap {
  readonly #keys: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  push(key: number): void {
    const keys = this.#keys;
    let at = keys.push(key) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = keys[parent] ?? 0;
      if (above <= key) break;
      keys[at] = above;
      at = parent;
    }
    keys[at] = key;
  }

  pop(): number {
    const keys = this.#keys;
    const top = keys[0] ?? 0;
    const last = keys.pop() ?? 0;
    if (keys.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= keys.length) break;
      if (child + 1 < keys.length && (keys[child + 1] ?? 0) < (keys[child] ?? 0)) child += 1;
      const below = keys[child] ?? 0;
      if (below >= last) break;
      keys[at] = below;
      at = child;
    }
    keys[at] = last;
    return top;
  }
}

const ITEMS = 2 ** 24;
const PRIORITIES = 2 ** 20;

type QueueOperation = Operation<PriorityQueueInput, PriorityQueueOutput>;

/** A legal history of `count` operations; `processes` says how many overlap at a time. */
export function queueHistory(seed: number, count: number, processes: number): QueueOperation[] {
  const random = new Random(seed);
  const heap = new Heap();
  const operations: QueueOperation[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const call = nth - random.below(processes) / 2 - 0.25;
    const ret = nth + random.below(processes) / 2 + 0.25;
    const process = nth % processes;
    if (heap.size > 0 && random.below(100) < 50) {
      const id = `m${heap.pop() % ITEMS}`;
      operations.push({ process, input: { f: "pop" }, output: { id }, call, ret });
      continue;
    }
    const priority = random.below(PRIORITIES);
    heap.push(priority * ITEMS + nth);
    const input = { f: "push", id: `m${nth}`, priority: BigInt(priority) } as const;
    operations.push({ process, input, output: true, call, ret });
  }
  return operations;
}

/** Waiting times and pops where about `k` / 2 better items wait at every pop. */
export function rankHistory(
  seed: number,
  pops: number,
  k: number,
): { ready: ReadyInterval[]; pops: PopInterval[] } {
  const random = new Random(seed);
  const ready: ReadyInterval[] = [];
  const taken: PopInterval[] = [];
  for (let nth = 0; nth < pops; nth += 1) {
    // Item `rank` = nth is pushed ahead of time and popped up to k / 2 places late.
    const at = nth + random.below(Math.floor(k / 2)) + 1;
    ready.push({ rank: nth, from: nth - 2 * k, to: at - 0.25 });
    taken.push({ rank: nth, from: at - 0.25, to: at + 0.25 });
  }
  return { ready, pops: taken };
}
