// Results counted, by room and together.

import type { Verdict } from "./hunt.js";

export interface Row {
  readonly room: string;
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  readonly notReached: number;
}

export interface Totals extends Omit<Row, "room"> {
  readonly rows: readonly Row[];
  readonly cpuSeconds: number;
}

interface Counted {
  readonly room: string;
  readonly verdict: Verdict;
  readonly cpuMs: number;
}

export function totalsOf(results: readonly Counted[]): Totals {
  const rooms = [...new Set(results.map(({ room }) => room))].sort((a, b) => (a < b ? -1 : 1));
  const rows = rooms.map((room) => ({
    room,
    ...countsOf(results.filter((result) => result.room === room)),
  }));
  const cpuMs = results.reduce((sum, result) => sum + result.cpuMs, 0);
  return { ...countsOf(results), rows, cpuSeconds: Math.round(cpuMs / 1000) };
}

function countsOf(results: readonly Counted[]): Omit<Row, "room"> {
  const count = (verdict: Verdict): number => results.filter((r) => r.verdict === verdict).length;
  return {
    killed: count("killed"),
    timedOut: count("timed out"),
    survived: count("survived"),
    notReached: count("not reached"),
  };
}

/** Of the mutants that some seed reaches, the share that some seed notices; undefined when none is reached. */
export function scoreOf({ killed, timedOut, survived }: Omit<Row, "room">): number | undefined {
  const reached = killed + timedOut + survived;
  return reached === 0 ? undefined : (killed + timedOut) / reached;
}
