// Lines that are compared run in turn: every line once, then every line again. A machine that is slower for
// a while is then slower for all of them, and a ratio is one of two neighbours in time.

export interface RoundEvents<Line> {
  readonly begins?: (line: Line, round: number) => void;
}

/** What each line gave, by round. */
export async function runInRounds<Line, Outcome>(
  lines: readonly Line[],
  rounds: number,
  run: (line: Line) => Promise<Outcome>,
  { begins }: RoundEvents<Line> = {},
): Promise<ReadonlyMap<Line, readonly Outcome[]>> {
  const outcomes = new Map<Line, Outcome[]>(lines.map((line) => [line, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const line of lines) {
      begins?.(line, round);
      outcomes.get(line)?.push(await run(line));
    }
  }
  return outcomes;
}
