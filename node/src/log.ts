// The node's log: one JSON object a line (or one readable line), on standard output. Callers pass names
// and numbers only; a message's payload, key or token never reaches the log.

import { Writable } from "node:stream";
import { destination, type Logger, pino, stdTimeFunctions } from "pino";

/** The part of the logger that the node uses. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error" | "fatal" | "child">;

interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: "json" | "text";
  readonly node: string;
}

interface Sink {
  write(line: string): unknown;
}

/** Written synchronously, so that the last line before an exit is not lost. */
export function createLog(options: LogOptions, out?: Sink): Log {
  const sink: Sink = out ?? destination({ dest: 1, sync: true });
  return pino(
    {
      level: options.level,
      base: { node: options.node },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.format === "json" ? sink : readable(sink),
  );
}

interface Line {
  readonly time: string;
  readonly level: string;
  readonly node: string;
  readonly msg?: string;
}

/** Turns each JSON line into "12:00:00.000 info  n1 message key=value". */
function readable(sink: Sink): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, callback) {
      sink.write(`${readableLine(chunk.toString("utf8"))}\n`);
      callback();
    },
  });
}

function readableLine(json: string): string {
  const { time, level, node, msg, ...rest } = JSON.parse(json) as Line & Record<string, unknown>;
  const extra = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [time.slice(11, 23), level.padEnd(5), node, msg ?? "", ...extra].join(" ");
}
