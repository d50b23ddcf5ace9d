// What a case is: one rule of the wire contract, the section that states it, and the code that fails
// when a real cluster does not keep it.

import type { Rig } from "./rig.js";
import type { Launcher } from "./launcher.js";
import type { SessionRig } from "./session/session-rig.js";

/** How messages are enqueued, consumed and settled: by calls of their own and PopStream, or by sessions. */
export type Way = "calls" | "session";

interface Rule {
  readonly section: number;
  readonly rule: string;
  /** Runs with nothing beside it: it stops nodes, or counts what the whole cluster holds. */
  readonly isAlone?: true;
  /** Needs a node to lose. */
  readonly needsThree?: true;
}

/** A rule that every deployment must keep, asked through whatever nodes the deployment chooses, and both ways. */
export interface SharedCase extends Rule {
  /** "calls": it is about single calls, or about nothing that goes by sessions. */
  readonly way?: "calls";
  run(rig: Rig): Promise<void>;
}

/** A rule of sessions alone. */
export interface SessionCase extends Rule {
  readonly way: "session";
  run(rig: SessionRig): Promise<void>;
}

export type Case = SharedCase | SessionCase;

/** A rule about settings and start; it starts nodes of its own, once for all deployments. */
export interface StartCase {
  readonly section: number;
  readonly rule: string;
  run(launcher: Launcher): Promise<void>;
}
