// What the collector of this process did since the first reading: its time, and the bytes that were
// garbage. V8 tells the heap before and after each collection; what fell is what had been garbage.

import { GCProfiler } from "node:v8";

export interface Garbage {
  readonly gcMs: number;
  readonly freedBytes: number;
}

/** The part of a collection that counts, as V8 tells it. */
export interface Collection {
  /** Microseconds. */
  readonly cost: number;
  readonly beforeGC: { readonly heapStatistics: { readonly usedHeapSize: number } };
  readonly afterGC: { readonly heapStatistics: { readonly usedHeapSize: number } };
}

export function garbageOf(collections: readonly Collection[]): Garbage {
  let gcMs = 0;
  let freedBytes = 0;
  for (const { cost, beforeGC, afterGC } of collections) {
    gcMs += cost / 1000;
    // A collection that only begins or goes on with marking frees nothing.
    const fell = beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
    freedBytes += Math.max(0, fell);
  }
  return { gcMs, freedBytes };
}

/** Keeps running sums; the profiler gives its records out only when it stops, so it is started anew. */
export class GarbageWatch {
  private profiler: GCProfiler | undefined;
  private sum: Garbage = { gcMs: 0, freedBytes: 0 };

  /** The first call begins the watch and finds nothing. */
  read(): Garbage {
    const ended = this.profiler?.stop() as
      { readonly statistics: readonly Collection[] } | undefined;
    this.profiler = new GCProfiler();
    this.profiler.start();
    const { gcMs, freedBytes } = garbageOf(ended?.statistics ?? []);
    this.sum = { gcMs: this.sum.gcMs + gcMs, freedBytes: this.sum.freedBytes + freedBytes };
    return this.sum;
  }
}
