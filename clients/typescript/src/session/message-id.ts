// Message ids of a range of rows, written from its numbers: 26 characters of five bits, for 48 bits of time, 24 of
// the group, 42 of the index and 14 of the offset. Only the last three differ within a range.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export interface Place {
  readonly stampMs: number;
  readonly group: number;
  readonly index: number;
}

/** The id of a row is this and `idEnd` of its offset. */
export function idStart({ stampMs, group, index }: Place): string {
  const indexTop = Math.floor(index / 2 ** 41);
  return (
    characters(stampMs, 10) +
    characters(group >>> 4, 4) +
    characters(((group & 15) << 1) | indexTop, 1) +
    characters(Math.floor(index / 2) % 2 ** 40, 8)
  );
}

export function idEnd({ index }: Place, offset: number): string {
  return characters((index % 2) * 2 ** 14 + offset, 3);
}

function characters(value: number, count: number): string {
  let text = "";
  let left = value;
  for (let place = 0; place < count; place += 1) {
    text = alphabet.charAt(left % 32) + text;
    left = Math.floor(left / 32);
  }
  return text;
}
