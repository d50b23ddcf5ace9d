// Where orders are carried out: makes the copy of a mutant when the first order for it comes, keeps one
// process per hand with the code of the mutant the hand is at, and lends processes of the original.

import { join } from "node:path";
import type { Workshop } from "./crew.js";
import { ORIGINAL, type Answer, type Order, type TestOrder } from "./orders.js";
import type { Prepared } from "./prepare.js";
import { SeedProcess } from "./seed-process.js";
import { TestProcess } from "./situations.js";
import type { WorkCopies } from "./work-copy.js";

const SEED_SCRIPT = join("sim", "dist", "kill", "child.js");

export class CopyWorkshop implements Workshop {
  private readonly copies: WorkCopies;
  private readonly prepared: ReadonlyMap<string, Prepared>;
  /** Folders of the copies that stand. */
  private readonly open = new Map<string, string>();
  /** The process of each hand, and whose code it runs. */
  private readonly hands = new Map<number, { copy: string; process: SeedProcess }>();
  /** Processes of the original that nobody uses now. */
  private readonly idle: SeedProcess[] = [];
  private readonly running = new Set<SeedProcess | TestProcess>();

  constructor(copies: WorkCopies, prepared: readonly Prepared[]) {
    this.copies = copies;
    this.prepared = new Map(prepared.map((one) => [one.mutant.id, one]));
    this.open.set(ORIGINAL, copies.original);
  }

  carryOut(hand: number, order: Order): Promise<Answer | undefined> {
    if (order.kind === "tests") return this.runTests(order);
    if (order.copy === ORIGINAL) return this.runOriginal(order.seed);
    return this.keep(this.processOf(hand, order.copy), (process) => process.run(order.seed));
  }

  close(copy: string): void {
    for (const [hand, at] of this.hands) {
      if (at.copy !== copy) continue;
      at.process.end();
      this.hands.delete(hand);
    }
    this.open.delete(copy);
    this.copies.remove(copy);
  }

  /** Ends every process. */
  end(): void {
    const all = [...this.running, ...this.idle, ...[...this.hands.values()].map((h) => h.process)];
    for (const one of all) one.end();
  }

  private folderOf(copy: string): string {
    const found = this.open.get(copy);
    if (found !== undefined) return found;
    const made = this.copies.make(copy, this.prepared.get(copy)?.changed ?? new Map());
    this.open.set(copy, made);
    return made;
  }

  private processOf(hand: number, copy: string): SeedProcess {
    const at = this.hands.get(hand);
    if (at?.copy === copy && at.process.isUsable) return at.process;
    at?.process.end();
    const process = new SeedProcess(join(this.folderOf(copy), SEED_SCRIPT));
    this.hands.set(hand, { copy, process });
    return process;
  }

  private async runOriginal(seed: number): Promise<Answer | undefined> {
    const lent = this.idle.pop() ?? new SeedProcess(join(this.copies.original, SEED_SCRIPT));
    const answer = await this.keep(lent, (process) => process.run(seed));
    if (lent.isUsable) this.idle.push(lent);
    return answer;
  }

  private async runTests(order: TestOrder): Promise<Answer> {
    const tests = new TestProcess(this.folderOf(order.copy), order.path);
    return { tests: await this.keep(tests, (process) => process.failed()), cpuMs: 0 };
  }

  /** Remembers a process while it runs, so that it can be ended from outside. */
  private async keep<P extends SeedProcess | TestProcess, A>(
    process: P,
    use: (process: P) => Promise<A>,
  ): Promise<A> {
    this.running.add(process);
    try {
      return await use(process);
    } finally {
      this.running.delete(process);
    }
  }
}
