// Lines against each other. A ratio is taken between runs of the same round, and told as the median of the
// rounds with the smallest and largest beside it.

import { median } from "./statistics.js";
import type { Result } from "./workloads/workload.js";

export interface RatioRule {
  readonly of: string;
  readonly to: string;
  readonly figure: keyof typeof FIGURES;
}

export interface Ratio extends RatioRule {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

const FIGURES = {
  rate: (result: Result) => (result.messages === 0 ? undefined : result.perSecond),
  "enqueue p50": (result: Result) => result.parts?.["to enqueued"]?.p50Ms,
  "CPU a message": (result: Result) =>
    result.cost === undefined ? undefined : result.cost.nodesCpu + result.cost.clientCpu,
};

const rate = (of: string, to: string): RatioRule => ({ of, to, figure: "rate" });

export const RATIOS: readonly RatioRule[] = [
  ...[1, 64, 256].flatMap((window) => [
    rate(`stream-${window}`, `limit-${window}`),
    rate(`unary-${window}`, `echo-${window}`),
  ]),
  { of: "stream-1", to: "limit-1", figure: "enqueue p50" },
  { of: "stream-256", to: "limit-256", figure: "CPU a message" },
  rate("stream-256-any", "stream-256"),
  rate("stream-16x16", "stream-256"),
  rate("partitions-3", "partitions-1"),
  rate("partitions-20", "partitions-1"),
  rate("apply-200k", "apply-0"),
  rate("apply-2m", "apply-0"),
  rate("drain-200k", "drain-20k"),
  rate("drain-2m", "drain-20k"),
];

/** Those whose lines both ran. Runs of a name come in the order of their rounds. */
export function ratiosOf(rules: readonly RatioRule[], results: readonly Result[]): Ratio[] {
  return rules.flatMap((rule) => {
    const figure = FIGURES[rule.figure];
    const valuesOf = (name: string): (number | undefined)[] =>
      results.filter((result) => result.name === name).map(figure);
    const to = valuesOf(rule.to);
    const quotients = valuesOf(rule.of).flatMap((value, round) => {
      const other = to[round];
      return value === undefined || !other ? [] : [value / other];
    });
    if (quotients.length === 0) return [];
    const [low, high] = [Math.min(...quotients), Math.max(...quotients)];
    return [{ ...rule, median: median(quotients), low, high, rounds: quotients.length }];
  });
}

export function ratioLine({ of, to, figure, median: middle, low, high, rounds }: Ratio): string {
  const spread = rounds > 1 ? ` (${low.toFixed(2)} to ${high.toFixed(2)} in ${rounds} rounds)` : "";
  return `ratio ${of} / ${to}, ${figure}: ${middle.toFixed(2)}${spread}`;
}
