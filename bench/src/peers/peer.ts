// Another queue that the bench measures beside ours: what it needs on this machine, what it does not do that
// ours does, and how it is started.

import type { Subject } from "../lanes/subject.js";
import type { ProgramNeed } from "./find-programs.js";
import type { PeerHost } from "./peer-host.js";

export interface Peer {
  readonly name: string;
  readonly about: string;
  readonly programs: readonly ProgramNeed[];
  /** Its client in bench/peers; undefined: it needs none. */
  readonly library?: string;
  /** What stands under its row, so that no figure is read without it. */
  readonly doesNot: readonly string[];
  /** Starts its servers; what the host started ends with the host. */
  start(host: PeerHost): Promise<Subject>;
}
