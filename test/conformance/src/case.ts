// What a case is: one rule of the wire contract, the section that states it, and the code that fails
// when a real cluster does not keep it.

import type { Bench } from "./bench.js";
import type { Launcher } from "./launcher.js";

/** A rule that every deployment must keep, asked through whatever nodes the deployment chooses. */
export interface Case {
  readonly section: number;
  readonly rule: string;
  /** Runs with nothing beside it: it stops nodes, or counts what the whole cluster holds. */
  readonly isAlone?: true;
  /** Needs a node to lose. */
  readonly needsThree?: true;
  run(bench: Bench): Promise<void>;
}

/** A rule about settings and start; it starts nodes of its own, once for all deployments. */
export interface StartCase {
  readonly section: number;
  readonly rule: string;
  run(launcher: Launcher): Promise<void>;
}
