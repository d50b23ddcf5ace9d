// The command line of `npm run check`: what it takes, and a sentence for everything that it does not.
import { parseArgs } from "node:util";

export const USAGE = `npm run check [-- FILE.jsonl ...] [options]
Checks recorded Disheap histories (format "linearizability", version 1) and reports per guarantee.
Without FILE it takes the newest history in reports/out/.

  --html FILE   also write one self-contained page: the verdicts, the evidence, the time line
  --json        print one JSON object instead of text
  --help        print this

Exit codes: 0 no violation found, 1 violated, 2 nothing could be checked, 3 bad input.
A history to check: npm run sim -- --seed 7 --history reports/out/seed-7.jsonl`;

export interface Arguments {
  readonly files: readonly string[];
  readonly html: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** The arguments, or the sentence that says what is wrong with them. */
export function readArguments(argv: readonly string[]): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        html: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const { html, json, help } = values;
    if (html !== undefined && positionals.includes(html)) {
      return `--html ${html} would overwrite the history; name another file, such as report.html.`;
    }
    return { files: positionals, html, json, help };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return `${text.replace(/(?<!\.)$/, ".")} See npm run check -- --help`;
  }
}
