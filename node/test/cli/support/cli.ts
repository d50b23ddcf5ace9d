// Runs the command line inside the test, against test nodes, and keeps what it printed.
import { runCli } from "../../../src/cli/program.js";
import type { Terminal } from "../../../src/cli/terminal.js";

export interface Run {
  code: number;
  out: string;
  err: string;
}

export interface CliSetup {
  env?: NodeJS.ProcessEnv;
  isTty?: boolean;
  /** Standard error; as standard output when not given. */
  isErrTty?: boolean;
  columns?: number;
  stdin?: Uint8Array;
}

export class Cli {
  readonly #setup: CliSetup;
  /** Stands for Ctrl-C. */
  interrupt: () => void = () => undefined;
  #out: Buffer[] = [];
  #err = "";

  constructor(setup: CliSetup = {}) {
    this.#setup = setup;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#out);
  }

  get out(): string {
    return this.bytes.toString("utf8");
  }

  async run(...args: string[]): Promise<Run> {
    this.#out = [];
    this.#err = "";
    const { env, isTty, isErrTty, columns, stdin } = this.#setup;
    const terminal: Terminal = {
      env: env ?? {},
      isTty: isTty ?? false,
      isErrTty: isErrTty ?? isTty ?? false,
      columns: columns ?? 200,
      out: (text) => {
        this.#out.push(Buffer.from(text));
        return Promise.resolve(undefined);
      },
      err: (text) => void (this.#err += text),
      readStdin: () => Promise.resolve(stdin ?? new Uint8Array()),
      onStop: (callback) => {
        this.interrupt = callback;
        return () => (this.interrupt = () => undefined);
      },
    };
    const code = await runCli(args, terminal);
    return { code, out: this.out, err: this.#err };
  }

  async json<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await this.run(...args, "-o", "json");
    if (code !== 0) throw new Error(`exit ${code}: ${err}`);
    return JSON.parse(out) as T;
  }
}
