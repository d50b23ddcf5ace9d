// The trace hash: every event, effect and disk byte of a run folded into 64 bits. Same seed, same hash,
// or something in the run depends on what it must not (D-61).

import { fold32, fold53, hashBytes } from "@disheap/core";

export class TraceHash {
  private a = 0x243f6a88;
  private b = 0x85a308d3;
  /** The last few labels, to name the first event that differs between two runs. */
  readonly onFold: ((label: string, hash: string) => void) | undefined;

  constructor(onFold?: (label: string, hash: string) => void) {
    this.onFold = onFold;
  }

  number(label: string, value: number): void {
    this.a = fold53(this.a, value);
    this.b = fold53(this.b, value ^ label.length);
    this.onFold?.(label, this.text);
  }

  bytes(label: string, bytes: Uint8Array): void {
    this.a = fold32(this.a, hashBytes(0x13198a2e, bytes));
    this.b = fold32(this.b, this.a ^ bytes.length);
    this.onFold?.(label, this.text);
  }

  get text(): string {
    return this.a.toString(16).padStart(8, "0") + this.b.toString(16).padStart(8, "0");
  }
}
