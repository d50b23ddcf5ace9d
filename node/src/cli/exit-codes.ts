// The exit codes of the command line, which scripts rely on, and which error leads to which.
import { DisheapError, type ErrorCode } from "@disheap/client";

export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  unreachable: 3,
  notFound: 4,
  nothingReady: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeHelp = `Exit codes:
  0  done
  1  it failed, or part of the cluster is down (cluster status)
  2  the command or an argument is wrong
  3  no node could be reached, or none can serve now
  4  no such topic, partition or message
  5  pop: nothing was ready`;

const byErrorCode: Partial<Record<ErrorCode, ExitCode>> = {
  INVALID_ARGUMENT: exitCodes.usage,
  OUT_OF_RANGE: exitCodes.usage,
  UNAVAILABLE: exitCodes.unreachable,
  DEADLINE_EXCEEDED: exitCodes.unreachable,
  NOT_FOUND: exitCodes.notFound,
};

/** A failure the command line itself finds. */
export class CommandError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(message: string, code: string, exitCode: ExitCode = exitCodes.failure) {
    super(message);
    this.name = "CommandError";
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** Standard output did not take what was written. */
export class OutputError extends CommandError {
  /** The reader of a pipe may leave before the end, as `head` does: nobody is left to write for. */
  readonly isReaderGone: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super(`The output could not be written: ${cause.message}. Write it elsewhere.`, "UNKNOWN");
    this.isReaderGone = cause.code === "EPIPE" || cause.code === "ERR_STREAM_DESTROYED";
  }
}

export interface Failure {
  code: string;
  message: string;
  exitCode: ExitCode;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) {
    return { code: error.code, message: error.message, exitCode: error.exitCode };
  }
  if (error instanceof DisheapError) {
    const exitCode = byErrorCode[error.code] ?? exitCodes.failure;
    return { code: error.code, message: error.message, exitCode };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "UNKNOWN", message, exitCode: exitCodes.failure };
}
