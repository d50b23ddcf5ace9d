// Reading text in an alphabet of its own: what each character stands for, by its code.

/** The place of each character in `spellings`, by character code below 128; -1 for every other. */
export function characterValues(...spellings: readonly string[]): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (const alphabet of spellings) {
    for (let value = 0; value < alphabet.length; value += 1) {
      values[alphabet.charCodeAt(value)] = value;
    }
  }
  return values;
}
