// What every command shares: the global options with their environment, a client for the length of one
// command, and the exit code it ends with.
import { DisheapClient } from "@disheap/client";
import type { Command } from "commander";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import { toJson } from "./json.js";
import { parseList } from "./parse.js";
import { type Paint, paintFor, type Terminal } from "./terminal.js";

export type OutputFormat = "text" | "json";

export interface GlobalOptions {
  output?: OutputFormat;
  endpoints?: string[];
  http?: string[];
  timeout?: number;
}

export const defaultEndpoints = ["127.0.0.1:9090", "127.0.0.1:9092", "127.0.0.1:9094"];
export const defaultHttp = ["127.0.0.1:8080", "127.0.0.1:8082", "127.0.0.1:8084"];
/** Longer than an election, so that a command outlives the loss of a leader. */
export const defaultTimeoutMs = 10_000;
/** After this long in silence the user is told that the command still tries. */
const patienceMs = 2_000;

export class Shell {
  readonly terminal: Terminal;
  readonly paint: Paint;
  exitCode: ExitCode = exitCodes.ok;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.paint = paintFor(terminal);
  }

  isJson(command: Command): boolean {
    return globals(command).output === "json";
  }

  endpoints(command: Command): string[] {
    return this.#addresses(globals(command).endpoints, "DISHEAP_ENDPOINTS", defaultEndpoints);
  }

  httpAddresses(command: Command): string[] {
    return this.#addresses(globals(command).http, "DISHEAP_HTTP", defaultHttp);
  }

  timeoutMs(command: Command): number {
    return globals(command).timeout ?? defaultTimeoutMs;
  }

  /** One JSON document, or the text for people. */
  print(command: Command, value: unknown, text: () => string): void {
    this.terminal.out(this.isJson(command) ? toJson(value) : text());
  }

  /** Runs `work` with a client and closes it, whatever happens. */
  async withClient<T>(
    command: Command,
    work: (client: DisheapClient) => Promise<T>,
    options: { isEndless?: boolean; isWaiting?: boolean } = {},
  ): Promise<T> {
    const endpoints = this.endpoints(command);
    const timeoutMs = this.timeoutMs(command);
    const client = new DisheapClient({
      endpoints,
      apiKey: this.terminal.env.DISHEAP_API_KEY,
      connectTimeoutMs: Math.min(2_000, timeoutMs),
      requestTimeoutMs: timeoutMs,
      retry: {
        maxAttempts: 1_000,
        budgetMs: timeoutMs,
        maxBackoffMs: 1_000,
        // Rounds of about a second each once the first few are over.
        consumerMaxAttempts: options.isEndless === true ? 120 : 3 + Math.ceil(timeoutMs / 1_000),
      },
    });
    const note = `No answer yet from ${endpoints.join(", ")}; still trying.\n`;
    const timer = setTimeout(() => this.terminal.err(note), patienceMs);
    if (options.isWaiting === true) clearTimeout(timer);
    try {
      return await work(client);
    } finally {
      clearTimeout(timer);
      await client.close();
    }
  }

  #addresses(given: string[] | undefined, variable: string, preset: string[]): string[] {
    if (given !== undefined) return given;
    const value = this.terminal.env[variable];
    return value === undefined || value.trim() === "" ? preset : parseList(value);
  }
}

function globals(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}
