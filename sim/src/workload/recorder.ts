// Records what clients see as a history, version 1 (package linearizability): an invoke before a
// request leaves, its completion after the answer arrived. The order of lines is real-time order.

import type { HistoryLine } from "linearizability";

export class Recorder {
  readonly lines: HistoryLine[] = [];
  private nextId = 1;
  operations = 0;
  private readonly nowUs: () => number;

  constructor(nowUs: () => number) {
    this.nowUs = nowUs;
  }

  invoke(process: string, f: string, value: unknown): number {
    const id = this.nextId;
    this.nextId += 1;
    this.operations += 1;
    this.lines.push({ id, process, type: "invoke", f, time: this.nowUs(), value });
    return id;
  }

  complete(
    id: number,
    process: string,
    type: "ok" | "fail" | "info",
    f: string,
    value: unknown,
  ): void {
    this.lines.push({ id, process, type, f, time: this.nowUs(), value });
  }

  event(f: string, value: unknown): void {
    this.lines.push({ type: "event", f, time: this.nowUs(), value });
  }
}
