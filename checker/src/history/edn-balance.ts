// Tells, line by line, whether a form of EDN is still open, so that it is read once when it is whole.
// Only brackets, strings, characters and comments matter for that.

const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const OUTSIDE = /[^"\\;()[\]{}]*/y;
const INSIDE = /[^"\\]*/y;

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

export class EdnBalance {
  /** The brackets that must come, the last one first. */
  readonly #awaited: string[] = [];
  #inString = false;
  #isBroken = false;

  /** False as well after a bracket that fits nothing: then no more lines can help. */
  get isOpen(): boolean {
    return !this.#isBroken && (this.#inString || this.#awaited.length > 0);
  }

  /** Takes one more line, without its line break. */
  add(line: string): void {
    for (let at = 0; at < line.length;) {
      at = skip(this.#inString ? INSIDE : OUTSIDE, line, at);
      const char = line[at];
      if (char === undefined || (char === ";" && !this.#inString)) return;
      // A backslash makes the next character plain, in a string and as a character.
      if (char === "\\") at += 1;
      else if (char === '"') this.#inString = !this.#inString;
      else this.#bracket(char);
      at += 1;
    }
  }

  #bracket(char: string): void {
    const closer = CLOSERS[char];
    if (closer !== undefined) this.#awaited.push(closer);
    else if (this.#awaited.at(-1) === char) this.#awaited.pop();
    else this.#isBroken = true;
  }
}
