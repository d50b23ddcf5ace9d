// The in-memory history, version 1. The order of the array is the real-time order: a recorder
// appends an invoke before the request leaves and a completion after the answer arrived. `time` is
// for people and pictures; no monitor compares clocks of two processes.

/** What an operation line says. `info` = the outcome is unknown: it may take effect later or never. */
export type OperationLineType = "invoke" | "ok" | "fail" | "info";

/** Half of an operation: its invoke or its completion, paired by `id`. */
export interface OperationLine {
  readonly id: number | string;
  readonly process: number | string;
  readonly type: OperationLineType;
  readonly f: string;
  readonly time: number;
  readonly value: unknown;
}

/** Something seen from inside the system or decided by the recorder; belongs to no operation. */
export interface EventLine {
  readonly type: "event";
  readonly f: string;
  readonly value: unknown;
  readonly time?: number;
  readonly id?: number | string;
  readonly process?: number | string;
}

export type HistoryLine = OperationLine | EventLine;

export const HISTORY_FORMAT = "linearizability";
export const HISTORY_VERSION = 1;

/** The first line of a history file. */
export const HISTORY_HEADER = { format: HISTORY_FORMAT, version: HISTORY_VERSION, unit: "us" };

/** The line number that `HistoryLine[]` index `index` has in a file (the header is line 1). */
export function fileLine(index: number): number {
  return index + 2;
}
