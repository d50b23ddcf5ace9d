// What the hunt asks to be run, and what comes back. An order runs in a copy of the built tree that holds
// one mutant, or in the copy without any: what fails there proves nothing.

import type { SeedRun } from "./child.js";

/** The copy without a mutant. No mutant can have this id. */
export const ORIGINAL = "original";

/** Where the tests of situations are. */
export const SITUATIONS = "sim/test/host";

export interface SeedOrder {
  readonly kind: "seed";
  readonly copy: string;
  readonly seed: number;
}

export interface TestOrder {
  readonly kind: "tests";
  readonly copy: string;
  /** A test file or the folder of them, from the root of the repository. */
  readonly path: string;
}

export type Order = SeedOrder | TestOrder;

/** Why a seed failed: a broken rule, a crash, or a run that did not end. */
export interface SeedFailure {
  readonly rule: string;
  readonly message: string;
}

/** A test that failed. */
export interface FailedTest {
  readonly file: string;
  readonly name: string;
  /** Set: no single test but the run of them all has failed. */
  readonly isWholeRun?: true;
}

export interface Answer {
  /** Of a seed whose process lived to tell. */
  readonly run?: SeedRun | undefined;
  /** Of a seed: why it failed; undefined when it passed. */
  readonly failure?: SeedFailure | undefined;
  /** Of tests: those that failed, in the order of files and tests. */
  readonly tests?: readonly FailedTest[];
  /** Processor time, in milliseconds; 0 for tests, whose processes do not tell. */
  readonly cpuMs: number;
}
