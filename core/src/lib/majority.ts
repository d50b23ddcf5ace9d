// What a majority of clocks agree on (D-18).

/** The largest value that at least a majority of the readings have reached; 0 when too few are known. */
export function majorityReached(readings: readonly number[]): number {
  const majority = Math.floor(readings.length / 2) + 1;
  let most = -Infinity;
  // Asked with every entry and every timer, of three or five readings: nothing is sorted for it.
  for (const reading of readings) {
    let reached = 0;
    for (const other of readings) if (other >= reading) reached += 1;
    if (reached >= majority && reading > most) most = reading;
  }
  return most;
}
