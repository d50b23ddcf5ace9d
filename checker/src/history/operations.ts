// Pairs invokes with completions. Line indexes become the real-time order that the search and the
// monitors compare; an operation without a completion, or with `info`, never returns.
import { HistoryError } from "./history-error.js";
import type { HistoryLine, OperationLine } from "./line.js";
import { fileLine } from "./line.js";

/** How an operation ended as far as its client knows. */
export type Outcome = "ok" | "fail" | "unknown";

/** An invoke and its completion. `ret` is Infinity when the outcome is unknown. */
export interface PairedOperation {
  readonly id: number | string;
  readonly process: number | string;
  readonly f: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly outcome: Outcome;
  /** Index of the invoke in the history. */
  readonly call: number;
  /** Index of an `ok` or `fail` completion in the history, else Infinity. */
  readonly ret: number;
  /** Line of the invoke in the file. */
  readonly line: number;
  readonly callTime: number;
  /** Infinity when the outcome is unknown and no `info` line tells when the client gave up. */
  readonly returnTime: number;
}

function pairError(line: HistoryLine, index: number, reason: string): HistoryError {
  return new HistoryError("HISTORY_PAIR", fileLine(index, line), reason);
}

function complete(line: OperationLine, at: number, call: number, done: OperationLine) {
  return {
    id: line.id,
    process: line.process,
    f: line.f,
    input: line.value,
    output: done.value,
    outcome: done.type === "info" ? "unknown" : (done.type as Outcome),
    call,
    line: fileLine(call, line),
    ret: done.type === "info" ? Infinity : at,
    callTime: line.time,
    returnTime: done.time,
  } satisfies PairedOperation;
}

/** Pairs the operation lines of a history, in order of their invokes. */
export function pairOperations(lines: readonly HistoryLine[]): PairedOperation[] {
  const open = new Map<number | string, { line: OperationLine; call: number; slot: number }>();
  const done = new Set<number | string>();
  const operations: PairedOperation[] = [];
  lines.forEach((line, index) => {
    if (line.type === "event") return;
    const id = JSON.stringify(line.id);
    if (line.type === "invoke") {
      if (open.has(line.id) || done.has(line.id)) {
        throw pairError(
          line,
          index,
          `id ${id} is invoked a second time; every operation needs its own`,
        );
      }
      open.set(line.id, { line, call: index, slot: operations.length });
      operations.push({
        id: line.id,
        process: line.process,
        f: line.f,
        input: line.value,
        output: null,
        outcome: "unknown",
        call: index,
        line: fileLine(index, line),
        ret: Infinity,
        callTime: line.time,
        returnTime: Infinity,
      });
      return;
    }
    const start = open.get(line.id);
    if (start === undefined) {
      const why = done.has(line.id) ? "it was completed before" : "no invoke came before it";
      throw pairError(line, index, `${line.type} of id ${id}: ${why}`);
    }
    if (start.line.f !== line.f) {
      throw pairError(
        line,
        index,
        `id ${id} was invoked as "${start.line.f}" but completes as "${line.f}"`,
      );
    }
    if (!(line.time >= start.line.time)) {
      const asked = `its invoke's time ${start.line.time} (line ${fileLine(start.call, start.line)})`;
      const reason = `id ${id} completes at time ${line.time}, before ${asked}; take both from one clock`;
      throw new HistoryError("HISTORY_FIELD", fileLine(index, line), reason);
    }
    open.delete(line.id);
    done.add(line.id);
    operations[start.slot] = complete(start.line, index, start.call, line);
  });
  return operations;
}
