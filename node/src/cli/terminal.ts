// Everything the command line touches outside itself, so that tests can stand in for it, and the rule
// for colours: only on a terminal, never with NO_COLOR or a dumb terminal, FORCE_COLOR overrides.
import { styleText } from "node:util";

export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  /** Standard output; standard error may go elsewhere, and has a say of its own. */
  readonly isTty: boolean;
  readonly isErrTty: boolean;
  readonly columns: number;
  /** Resolves once whatever is behind standard output took it: without a value, or with why it did not. */
  out(text: string | Uint8Array): Promise<Error | undefined>;
  err(text: string): void;
  readStdin(): Promise<Uint8Array>;
  /** Calls back at Ctrl-C and SIGTERM instead of ending the process. Returns how to undo that. */
  onStop(callback: () => void): () => void;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Paint = (style: Style, text: string) => string;

export function paintFor(env: NodeJS.ProcessEnv, isTty: boolean): Paint {
  const isForced = (env.FORCE_COLOR ?? "0") !== "0" && env.FORCE_COLOR !== "";
  const isRefused = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  const isColoured = isForced || (isTty && !isRefused);
  if (!isColoured) return (_style, text) => text;
  // The decision is made; the function must not make its own.
  return (style, text) => styleText(style, text, { validateStream: false });
}
