// One row of the table: something bad that is done to real nodes, and what has to come of it.

import type { World } from "./world.js";

export interface HardeningCase {
  readonly name: string;
  /** What is done. */
  readonly does: string;
  /** What is expected of the nodes. */
  readonly expects: string;
  /**
   * Cases of the "cluster" lane share three nodes, one after the other, and after each the cluster
   * must be unharmed. Cases of the "own" lane start what they need; "patient" ones mostly wait.
   */
  readonly lane: "cluster" | "own" | "patient";
  /** Part of the quick subset, which `npm test` runs. */
  readonly isQuick?: true;
  readonly maxMs: number;
  /** Throws when the expectation does not hold; otherwise says what was seen. */
  readonly run: (world: World) => Promise<string>;
}

export type State = "ok" | "known" | "skipped" | "FAILED";

export interface Verdict {
  readonly name: string;
  readonly state: State;
  readonly detail: string;
  readonly wallMs: number;
}

/** This machine cannot show the case; the message says what it lacks. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

/** The case met a limit that is stated and not yet lifted; the message names it and what was seen. */
export class KnownLimit extends Error {
  override readonly name = "KnownLimit";
}
