// The simulated world's only queue: a binary heap ordered by (time, sequence number), so that equal
// times run in the order they were scheduled. A run that never ends is stopped by the number of its events.

interface Scheduled {
  readonly atUs: number;
  readonly serial: number;
  readonly run: () => void;
}

/** A run has used up the events it was given. */
export class OutOfEvents extends Error {
  override readonly name = "OutOfEvents";
}

export class EventQueue {
  private readonly heap: Scheduled[] = [];
  private serial = 0;
  nowUs = 0;
  /** Events run so far. */
  count = 0;
  countMax = Infinity;

  schedule(atUs: number, run: () => void): void {
    const item = { atUs: Math.max(atUs, this.nowUs), serial: this.serial, run };
    this.serial += 1;
    const { heap } = this;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = item;
  }

  /** Runs the next event if it is due before `untilUs`; false when none is. */
  runNext(untilUs: number): boolean {
    const first = this.heap.at(0);
    if (!first || first.atUs > untilUs) return false;
    if (this.count >= this.countMax) {
      throw new OutOfEvents(`the run did not end within ${this.countMax} events`);
    }
    const last = this.heap.pop();
    if (last && this.heap.length > 0) this.sink(last);
    this.nowUs = first.atUs;
    this.count += 1;
    first.run();
    return true;
  }

  private sink(item: Scheduled): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child += 1;
      if (!before(heap[child], item)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = item;
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  return a.atUs !== b.atUs ? a.atUs < b.atUs : a.serial < b.serial;
}
