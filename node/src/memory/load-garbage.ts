// Keeps dead payloads from piling up under load. A large message leaves several copies of itself behind on its way
// (its pieces, the message, the intent, frames to the others), all outside of V8's heap, and V8 looks for dead ones
// at its own pace: on a busy machine a burst of 256 MiB made a node of 1 GiB. So after so many bytes of large
// messages that came in, the collector runs once, when what is under way is done.

/** Smaller ones lie in pools and on the heap, which V8 sees to by itself. */
const LARGE_BYTES = 64 << 10;
/** Came in between two collections, at least. A collection takes some tens of milliseconds. */
const BYTES_MIN = 64 << 20;

interface LoadGarbagePorts {
  readonly collect: () => void;
  /** Of V8's heap: a collection takes time in proportion to it, so more may come in between two of them. */
  readonly heapBytes: () => number;
  /** Runs the call when what is under way is done. */
  readonly later: (call: () => void) => void;
}

export class LoadGarbage {
  private readonly ports: LoadGarbagePorts;
  private bytes = 0;

  constructor(ports: LoadGarbagePorts) {
    this.ports = ports;
  }

  cameIn(bytes: number): void {
    if (bytes < LARGE_BYTES) return;
    this.bytes += bytes;
    if (this.bytes < BYTES_MIN || this.bytes < this.ports.heapBytes()) return;
    this.bytes = 0;
    this.ports.later(this.ports.collect);
  }
}
