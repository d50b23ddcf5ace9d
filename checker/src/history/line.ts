// The in-memory history, version 1. The order of the array is the real-time order: a recorder
// appends an invoke before the request leaves and a completion after the answer arrived. `time` is
// for people and pictures; no monitor compares clocks of two processes.

/** What an operation line says. `info` = the outcome is unknown: it may take effect later or never. */
export type OperationLineType = "invoke" | "ok" | "fail" | "info";

/**
 * Half of an operation: its invoke or its completion, paired by `id`. `line` is set by readers of
 * formats in which one line of the file is not one line of the history.
 */
export interface OperationLine {
  readonly id: number | string;
  readonly process: number | string;
  readonly type: OperationLineType;
  readonly f: string;
  readonly time: number;
  readonly value: unknown;
  readonly line?: number;
}

/** Something seen from inside the system or decided by the recorder; belongs to no operation. */
interface EventLine {
  readonly type: "event";
  readonly f: string;
  readonly value: unknown;
  readonly time?: number;
  readonly id?: number | string;
  readonly process?: number | string;
  readonly line?: number;
}

export type HistoryLine = OperationLine | EventLine;

export const HISTORY_FORMAT = "linearizability";
export const HISTORY_VERSION = 1;

/** The first line of a history file. */
export const HISTORY_HEADER = { format: HISTORY_FORMAT, version: HISTORY_VERSION, unit: "us" };

/**
 * The line in the file that index `index` of a `HistoryLine[]` came from: what its reader noted, or
 * its place in the package's own format, where the header is line 1.
 */
export function fileLine(index: number, line?: HistoryLine): number {
  return line?.line ?? index + 2;
}
