// Figures over several runs.

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

export interface Plane {
  readonly perFirst: number;
  readonly perSecond: number;
}

/** Least squares of `value = perFirst * first + perSecond * second` over points; undefined on one line. */
export function fitPlane(
  points: readonly { readonly first: number; readonly second: number; readonly value: number }[],
): Plane | undefined {
  let [aa, ab, bb, av, bv] = [0, 0, 0, 0, 0];
  for (const { first, second, value } of points) {
    aa += first * first;
    ab += first * second;
    bb += second * second;
    av += first * value;
    bv += second * value;
  }
  const determinant = aa * bb - ab * ab;
  if (Math.abs(determinant) < 1e-9 * Math.max(1, aa * bb)) return undefined;
  return {
    perFirst: (av * bb - bv * ab) / determinant,
    perSecond: (bv * aa - av * ab) / determinant,
  };
}
