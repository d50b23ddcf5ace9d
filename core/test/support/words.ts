// A command of a transcript: its kind, plain words and NAME=VALUE words.

export class Words {
  readonly kind: string;
  private readonly plain: string[] = [];
  readonly named = new Map<string, string>();

  constructor(text: string) {
    const [kind, ...rest] = text.trim().split(/\s+/);
    this.kind = kind;
    for (const word of rest) {
      const at = word.indexOf("=");
      if (at < 0) this.plain.push(word);
      else this.named.set(word.slice(0, at), word.slice(at + 1));
    }
  }

  get words(): readonly string[] {
    return this.plain;
  }

  at(i: number): string {
    const word = this.plain.at(i);
    if (word === undefined) throw new Error(`"${this.kind}" lacks its argument ${i + 1}`);
    return word;
  }

  /** The plain arguments from this one on. */
  from(i: number): readonly string[] {
    return this.plain.slice(i);
  }

  has(word: string): boolean {
    return this.plain.includes(word);
  }

  text(name: string): string | undefined {
    return this.named.get(name);
  }

  number(name: string, otherwise?: number): number {
    const found = this.named.get(name);
    if (found !== undefined) return Number(found);
    if (otherwise === undefined) throw new Error(`"${this.kind}" lacks ${name}=`);
    return otherwise;
  }
}
