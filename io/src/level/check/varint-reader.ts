// Reads the variable-length numbers and byte strings of LevelDB's manifest and tables.

/** The bytes are not of the format. */
export class BrokenFormat extends Error {
  override readonly name = "BrokenFormat";
}

export class VarintReader {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw new BrokenFormat("the bytes end too early");
    return this.bytes[this.at++];
  }

  /** Sizes, offsets and file numbers: never above 2^53. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 63) throw new BrokenFormat("a number is too long");
    }
  }

  skip(count: number): void {
    if (this.at + count > this.end) throw new BrokenFormat("the bytes end too early");
    this.at += count;
  }
}
