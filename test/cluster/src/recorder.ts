// Writes down what the clients saw, in the checker's history format. An invoke is recorded before the
// request leaves and a completion after the answer arrived: the order of lines is real time.

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import {
  type DisheapEvents,
  type DisheapOperations,
  HISTORY_HEADER,
  type HistoryLine,
  type OperationLine,
} from "linearizability";

type Operation = keyof DisheapOperations;

/** An operation under way; completed exactly once. */
export interface Open<F extends Operation> {
  ok(value: DisheapOperations[F]["ok"]): void;
  /** Surely without effect. */
  fail(code: string): void;
  /** It may take effect, now, later or never. */
  unknown(why: string): void;
}

export class Recorder {
  readonly lines: HistoryLine[] = [];
  private readonly startMs = performance.now();
  private lastId = 0;

  invoke<F extends Operation>(
    process: string,
    f: F,
    value: DisheapOperations[F]["invoke"],
  ): Open<F> {
    const id = ++this.lastId;
    const line = (type: OperationLine["type"], content: unknown): void => {
      this.lines.push({ id, process, type, f, time: this.nowUs(), value: content });
    };
    line("invoke", value);
    return {
      ok: (output) => {
        line("ok", output);
      },
      fail: (code) => {
        line("fail", { code });
      },
      unknown: (why) => {
        line("info", { why });
      },
    };
  }

  event<E extends keyof DisheapEvents>(f: E, value: DisheapEvents[E]): void {
    this.lines.push({ type: "event", f, time: this.nowUs(), value });
  }

  /** Kept for readers of the history; no rule looks at it. */
  note(f: string, value: unknown): void {
    this.lines.push({ type: "event", f, time: this.nowUs(), value });
  }

  write(file: string): void {
    mkdirSync(dirname(file), { recursive: true });
    const lines = [HISTORY_HEADER, ...this.lines].map((line) => JSON.stringify(line));
    writeFileSync(file, `${lines.join("\n")}\n`);
  }

  private nowUs(): number {
    return Math.round((performance.now() - this.startMs) * 1000);
  }
}

export function hashOf(payload: Uint8Array): string {
  return createHash("sha256").update(payload).digest("hex").slice(0, 16);
}
