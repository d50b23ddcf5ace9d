// One small change that the library would make: its place, and how it reads before and after.

export interface Mutation {
  /** Of one state of the sources only: numbers shift when they change. */
  readonly id: number;
  /** Path from the root. */
  readonly file: string;
  /** Both count from one. */
  readonly line: number;
  readonly column: number;
  /** Where the original text stands in the file. */
  readonly start: number;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
}

/** The room of core, or the turn: what the score is told by. */
export function roomOf(file: string): string {
  if (file.startsWith("io/src/turn/")) return "io/turn";
  const [, , room = ""] = file.split("/");
  return file.split("/").length > 3 ? room : "core";
}

/** The whole file with the mutation made. */
export function mutatedText(text: string, { start, original, replacement }: Mutation): string {
  if (!text.startsWith(original, start)) throw new Error("the mutation is of another text");
  return text.slice(0, start) + replacement + text.slice(start + original.length);
}
