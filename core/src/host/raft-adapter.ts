// What Raft replicas ask of their host: the time of the turn, links, and how its disk does.

import type { Crc32 } from "../lib/crc32.js";
import type { AppendWindow } from "../raft/append-window.js";
import type { RaftHost } from "../raft/group.js";
import type { HostContext } from "../member/context.js";
import type { Persistence } from "../store/persistence.js";

/** Nothing is heard of a write before it is done. For each of these it may take the stall limit once more. */
const STALL_BYTES = 2 << 20;

export class RaftAdapter implements RaftHost {
  readonly crc: Crc32;
  private readonly context: HostContext;
  private readonly persistence: Persistence;

  constructor(context: HostContext, persistence: Persistence) {
    this.context = context;
    this.crc = context.crc;
    this.persistence = persistence;
  }

  monotonicMs(): number {
    return this.context.monotonicMs;
  }

  wallMs(): number {
    return this.context.wallMs;
  }

  isOpen(peer: number): boolean {
    return this.context.isOpenTo(peer);
  }

  appendWindow(peer: number): AppendWindow {
    return this.context.appendWindow(peer);
  }

  isDiskStalled(): boolean {
    const { monotonicMs, config } = this.context;
    return this.persistence.writingForMs(monotonicMs) > config.timing.diskStallMs;
  }

  isDiskStuck(): boolean {
    const { monotonicMs, config } = this.context;
    const { diskStallMs } = config.timing;
    const mayTakeMs = diskStallMs * (1 + this.persistence.writingBytes / STALL_BYTES);
    return this.persistence.writingForMs(monotonicMs) > mayTakeMs;
  }
}
