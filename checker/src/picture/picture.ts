// What a picture shows, as data: lanes, bars on a time axis, shaded leases, the illegal step, and the
// orders to step through. The page draws this and knows nothing of histories or models.

type BarKind = "ok" | "fail" | "unknown" | "illegal";

export interface Bar {
  readonly lane: number;
  readonly from: number;
  /** When it returned or its client gave up; null: neither, and it is drawn to the right edge. */
  readonly to: number | null;
  /** True when it may still take effect after `to`. */
  readonly open: boolean;
  readonly kind: BarKind;
  readonly label: string;
  /** Line of the invoke in the history file, 0 when there is none. */
  readonly line: number;
}

/** A lease: from the delivery to its end, in its consumer's lane. */
export interface Shade {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

/** Bars in order, with the state after each. */
export interface Steps {
  readonly name: string;
  readonly order: readonly number[];
  readonly states: readonly string[];
}

/** A stretch of time that shows what is wrong. */
export interface Focus {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly bars: readonly number[];
}

export interface Picture {
  readonly title: string;
  readonly verdict: "ok" | "illegal" | "unknown";
  /** The verdict in a word or two. */
  readonly verdictName: string;
  readonly sentence: string;
  /** What one unit of the time axis is: "us", or "lines" of a file that records no times. */
  readonly unit: string;
  readonly lanes: readonly string[];
  readonly bars: readonly Bar[];
  readonly shades: readonly Shade[];
  readonly steps: readonly Steps[];
  readonly focuses: readonly Focus[];
}

/**
 * Lane numbers by process, in the order people count: c2 before c11, and that before p1. Those that
 * should be seen first, because something is wrong there, stand above the others.
 */
export class Lanes {
  readonly names: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(processes: readonly (number | string)[], above: readonly (number | string)[] = []) {
    const { compare } = new Intl.Collator("en", { numeric: true });
    const sorted = (names: readonly (number | string)[]) => names.map(String).sort(compare);
    this.names = [...new Set([...sorted(above), ...sorted(processes)])];
    this.#numbers = new Map(this.names.map((name, number) => [name, number]));
  }

  of(process: number | string): number {
    return this.#numbers.get(String(process)) ?? 0;
  }
}
