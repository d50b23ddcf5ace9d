// What a majority of clocks agree on (D-18).

/** The largest value that at least a majority of the readings have reached; 0 when too few are known. */
export function majorityReached(readings: readonly number[]): number {
  const sorted = [...readings].sort((a, b) => b - a);
  return sorted[Math.floor(sorted.length / 2)];
}
