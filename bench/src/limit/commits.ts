// Which blocks of the bare log a majority has synced, and who waits for them.

export class Commits {
  private readonly durable: number[];
  private readonly waiting: { readonly block: number; readonly done: readonly (() => void)[] }[] =
    [];

  constructor(members: number) {
    this.durable = new Array<number>(members).fill(0);
  }

  /** Blocks are numbered from 1 and come in order. */
  wait(block: number, done: readonly (() => void)[]): void {
    this.waiting.push({ block, done });
  }

  /** A member has synced all blocks up to this one. */
  synced(member: number, block: number): void {
    this.durable[member] = block;
    const sorted = [...this.durable].sort((a, b) => b - a);
    const committed = sorted[Math.floor(sorted.length / 2)] ?? 0;
    while ((this.waiting[0]?.block ?? Infinity) <= committed) {
      for (const done of this.waiting.shift()?.done ?? []) done();
    }
  }
}
