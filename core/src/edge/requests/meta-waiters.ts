// Operations that wait until the local meta table has applied an index, so that what follows sees it.

interface MetaWaiter {
  readonly index: number;
  readonly operation: number;
  readonly then: "run" | "created";
  /** Of a topic that was created. */
  readonly heapId: string;
}

export class MetaWaiters {
  private waiters: MetaWaiter[] = [];

  add(waiter: MetaWaiter): void {
    this.waiters.push(waiter);
  }

  /** Those whose index is applied; they wait no more. */
  takeDue(applied: number): readonly MetaWaiter[] {
    const due = this.waiters.filter((w) => w.index <= applied);
    if (due.length > 0) this.waiters = this.waiters.filter((w) => w.index > applied);
    return due;
  }

  get operations(): readonly number[] {
    return this.waiters.map((w) => w.operation);
  }

  forget(operation: number): void {
    this.waiters = this.waiters.filter((w) => w.operation !== operation);
  }
}
