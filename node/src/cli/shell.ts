// What every command shares: the global options with their environment, a client for the length of one
// command, and the exit code it ends with.
import { DisheapClient } from "@disheap/client";
import type { Command } from "commander";
import { defaultEndpoints, httpBeside } from "./addresses.js";
import { CommandError, type ExitCode, exitCodes, OutputError } from "./exit-codes.js";
import { toJson } from "./json.js";
import { parseList } from "./parse.js";
import { type Paint, paintFor, type Terminal } from "./terminal.js";

type OutputFormat = "text" | "json";

interface GlobalOptions {
  output?: OutputFormat;
  endpoints?: string[];
  /** The same in the singular, which is easily typed for one address. */
  endpoint?: string[];
  http?: string[];
  timeout?: number;
}

/** Longer than an election, so that a command outlives the loss of a leader. */
const defaultTimeoutMs = 10_000;
/** After this long in silence the user is told that the command still tries. */
const patienceMs = 2_000;

export class Shell {
  readonly terminal: Terminal;
  /** For standard output. */
  readonly paint: Paint;
  exitCode: ExitCode = exitCodes.ok;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.paint = paintFor(terminal.env, terminal.isTty);
  }

  isJson(command: Command): boolean {
    return globals(command).output === "json";
  }

  endpoints(command: Command): string[] {
    const { endpoints, endpoint } = globals(command);
    return endpoints ?? endpoint ?? this.#fromEnv("DISHEAP_ENDPOINTS") ?? defaultEndpoints;
  }

  httpAddresses(command: Command): string[] {
    const given = globals(command).http ?? this.#fromEnv("DISHEAP_HTTP");
    return given ?? this.endpoints(command).map(httpBeside);
  }

  timeoutMs(command: Command, withoutOptionMs = defaultTimeoutMs): number {
    return globals(command).timeout ?? withoutOptionMs;
  }

  /** To standard output. Resolves once that took it: what is acknowledged after this was printed. */
  async write(text: string | Uint8Array): Promise<void> {
    const error = await this.terminal.out(text);
    if (error !== undefined) throw new OutputError(error);
  }

  /** One JSON document, or the text for people. */
  print(command: Command, value: unknown, text: () => string): Promise<void> {
    return this.write(this.isJson(command) ? toJson(value) : text());
  }

  /** Runs `work` with a client and closes it, whatever happens. */
  async withClient<T>(
    command: Command,
    work: (client: DisheapClient) => Promise<T>,
    options: { isWaiting?: boolean } = {},
  ): Promise<T> {
    const endpoints = this.endpoints(command);
    const timeoutMs = this.timeoutMs(command);
    const client = new DisheapClient({
      endpoints,
      apiKey: this.terminal.env.DISHEAP_API_KEY,
      connectTimeoutMs: Math.min(2_000, timeoutMs),
      requestTimeoutMs: timeoutMs,
      retry: { budgetMs: timeoutMs, maxBackoffMs: 1_000 },
    });
    const note = `Not done yet; still trying at ${endpoints.join(", ")}.\n`;
    const timer = setTimeout(() => this.terminal.err(note), patienceMs);
    // A program that reads JSON waits without being told.
    if (options.isWaiting === true || this.isJson(command)) clearTimeout(timer);
    try {
      return await work(client);
    } finally {
      clearTimeout(timer);
      await client.close();
    }
  }

  #fromEnv(variable: string): string[] | undefined {
    const value = this.terminal.env[variable];
    if (value === undefined || value.trim() === "") return undefined;
    try {
      return parseList(value);
    } catch (error) {
      throw new CommandError(`${variable}: ${asText(error)}`, "INVALID_ARGUMENT", exitCodes.usage);
    }
  }
}

function asText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function globals(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}
