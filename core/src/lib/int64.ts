// 64-bit priorities without BigInt: hi is signed, lo unsigned (D-17).

/** Negative when a < b, as signed 64-bit integers. */
export function compareInt64(aHi: number, aLo: number, bHi: number, bLo: number): number {
  if (aHi !== bHi) return aHi < bHi ? -1 : 1;
  if (aLo !== bLo) return aLo < bLo ? -1 : 1;
  return 0;
}
