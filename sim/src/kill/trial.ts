// The trial of one mutant by tests of situations: they run once, and the first that fails counts, unless it
// fails without the mutant as well.

import type { FailedTest } from "./orders.js";

export type TestVerdict =
  { readonly kind: "killed"; readonly test: FailedTest } | { readonly kind: "survived" };

export class Trial {
  /** A test file or a folder of them. */
  readonly path: string;
  /** Tests that fail without the mutant too. */
  readonly passedOver: FailedTest[] = [];
  private isTaken = false;
  private isSettled = false;
  private failed: readonly FailedTest[] | undefined;

  constructor(path: string) {
    this.path = path;
  }

  get openings(): number {
    return this.isTaken ? 0 : 1;
  }

  take(): string | undefined {
    if (this.isTaken) return undefined;
    this.isTaken = true;
    return this.path;
  }

  answer(failed: readonly FailedTest[]): void {
    this.failed = failed;
  }

  /** Whether it must be known what fails without the mutant. */
  get isInDoubt(): boolean {
    return this.failed !== undefined && this.failed.length > 0 && !this.isSettled;
  }

  /** Which tests fail without the mutant. When they cannot be run there, nothing counts. */
  settle(failedAnyway: readonly FailedTest[]): void {
    const isAnyway = (test: FailedTest): boolean =>
      failedAnyway.some(
        ({ file, name, isWholeRun }) => isWholeRun ?? (file === test.file && name === test.name),
      );
    const failed = this.failed ?? [];
    this.passedOver.push(...failed.filter(isAnyway));
    this.failed = failed.filter((test) => !isAnyway(test));
    this.isSettled = true;
  }

  get verdict(): TestVerdict | undefined {
    if (!this.failed || this.isInDoubt) return undefined;
    const [test] = this.failed;
    return test ? { kind: "killed", test } : { kind: "survived" };
  }
}
