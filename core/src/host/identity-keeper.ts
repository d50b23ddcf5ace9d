// The identity record of this node and its way to the disk (D-88): one write is under way at a time, each
// holds everything, and whoever changed something waits for the version that has it. Invariant:
//   IDK1 versions only grow: what is synced is not ahead of what is written, nor that of what was changed.

import { assert } from "../lib/assert.js";
import { encodeIdentity, type NodeIdentity } from "../wire/identity-record.js";

export class IdentityKeeper {
  private current: NodeIdentity;
  /** Counts the changes. */
  private version = 0;
  private writing = 0;
  /** The newest version that is synced. */
  durable = 0;

  constructor(found: NodeIdentity) {
    this.current = found;
  }

  get value(): NodeIdentity {
    return this.current;
  }

  /** Returns the version to wait for. */
  change(part: Partial<NodeIdentity>): number {
    this.current = { ...this.current, ...part };
    this.version += 1;
    return this.version;
  }

  /** The record to write now, if one is wanted and none is under way. */
  take(): Uint8Array | undefined {
    if (this.writing !== 0 || this.version === this.durable) return undefined;
    this.writing = this.version;
    return encodeIdentity(this.current);
  }

  written(): void {
    assert(this.writing !== 0, "D-88: an identity was written that nobody asked for");
    const isNewer = this.durable < this.writing && this.writing <= this.version;
    assert(isNewer, "IDK1: what was written is newer than what was synced");
    this.durable = this.writing;
    this.writing = 0;
  }
}
