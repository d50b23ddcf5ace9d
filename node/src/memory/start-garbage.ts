// Keeps what a start reads from the store and lets go from piling up: the whole store is read, checked, applied
// and dropped. malloc keeps much of the most that was ever in use, so it is the peak that counts, not only what
// is left at the end. Once the start is over, the collector goes its own way again.

import type { DiskEvent } from "@disheap/io";

/** Read between two collections, at least: a collection takes some tens of milliseconds. */
const BYTES_MIN = 32 << 20;

interface GarbagePorts {
  readonly collect: () => void;
  /** Of V8's heap: a collection takes time in proportion to it, so more is read between two of them. */
  readonly heapBytes: () => number;
  /** Runs the call when what is under way is done. */
  readonly later: (call: () => void) => void;
}

export class StartGarbage {
  private readonly ports: GarbagePorts;
  private bytes = 0;
  private isOver = false;

  constructor(ports: GarbagePorts) {
    this.ports = ports;
  }

  read({ entries }: Extract<DiskEvent, { kind: "disk.scanned" }>): void {
    if (this.isOver) return;
    for (const { value } of entries) this.bytes += value.length;
    if (this.bytes < BYTES_MIN || this.bytes < this.ports.heapBytes()) return;
    this.bytes = 0;
    this.ports.later(this.ports.collect);
  }

  /** What was committed at the start is applied. */
  started(): void {
    this.isOver = true;
    this.ports.later(this.ports.collect);
  }
}
