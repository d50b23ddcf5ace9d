// A covering array of strength two: few rows, in which every pair of levels of two factors stands together somewhere,
// if any row that may be has it. Greedy, and nothing in it is drawn.

/** A level of each factor. */
export type Row = readonly number[];

export interface Covering {
  readonly rows: readonly Row[];
  /** Pairs that stand in no row that may be. */
  readonly never: readonly Pair[];
}

export interface Pair {
  readonly factors: readonly [number, number];
  readonly levels: readonly [number, number];
}

/**
 * `levels`: how many each factor has. `may`: whether a row may be; it depends on the first `bound` factors only, of which
 * every combination is looked at.
 */
export function coveringArray(
  levels: readonly number[],
  bound: number,
  may: (first: Row) => boolean,
): Covering {
  const left = new Map(pairsOf(levels).map((pair) => [keyOf(pair), pair]));
  const heads = combinations(levels.slice(0, bound)).filter(may);
  const rows: Row[] = [];
  const never: Pair[] = [];
  for (const pair of left.values()) {
    if (!left.has(keyOf(pair))) continue;
    const row = rowWith(pair, { levels, heads, left });
    if (row === undefined) never.push(pair);
    else rows.push(row);
    for (const one of row === undefined ? [pair] : pairsIn(row)) left.delete(keyOf(one));
  }
  return { rows, never };
}

interface Search {
  readonly levels: readonly number[];
  readonly heads: readonly Row[];
  readonly left: ReadonlyMap<string, Pair>;
}

/** A row with this pair, and with as many others of those that are left as it finds. */
function rowWith(pair: Pair, { levels, heads, left }: Search): Row | undefined {
  const wanted = new Map(pair.factors.map((factor, at) => [factor, pair.levels[at]]));
  const fits = (row: Row): boolean =>
    row.every((level, factor) => (wanted.get(factor) ?? level) === level);
  const gain = (row: Row): number => pairsIn(row).filter((one) => left.has(keyOf(one))).length;
  let row = best(heads.filter(fits), gain);
  while (row !== undefined && row.length < levels.length) {
    const before: Row = row;
    const next = wanted.get(before.length);
    const choice = next === undefined ? [...Array(levels[before.length]).keys()] : [next];
    row = best(
      choice.map((level) => [...before, level]),
      (longer) => gain([...longer]),
    );
  }
  return row;
}

function best(rows: readonly Row[], gain: (row: Row) => number): Row | undefined {
  let found: Row | undefined;
  let most = -1;
  for (const row of rows) {
    const worth = gain(row);
    if (worth <= most) continue;
    most = worth;
    found = row;
  }
  return found;
}

function combinations(levels: readonly number[]): Row[] {
  return levels.reduce<Row[]>(
    (rows, count) =>
      rows.flatMap((row) => [...Array(count).keys()].map((level) => [...row, level])),
    [[]],
  );
}

function pairsOf(levels: readonly number[]): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < levels.length; a += 1) {
    for (let b = a + 1; b < levels.length; b += 1) {
      for (const [x, y] of combinations([levels[a], levels[b]])) {
        pairs.push({ factors: [a, b], levels: [x, y] });
      }
    }
  }
  return pairs;
}

function pairsIn(row: Row): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < row.length; a += 1) {
    for (let b = a + 1; b < row.length; b += 1) {
      pairs.push({ factors: [a, b], levels: [row[a], row[b]] });
    }
  }
  return pairs;
}

function keyOf({ factors, levels }: Pair): string {
  return [...factors, ...levels].join(".");
}
