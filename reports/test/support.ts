// Small Disheap histories, and a command's world that remembers what was said and written.
import { formatHistory, type HistoryLine } from "linearizability";
import type { CheckIo } from "../src/run.js";

const operation = (
  id: number,
  process: string,
  f: string,
  invoke: unknown,
  ok: unknown,
): HistoryLine[] => [
  { id, process, type: "invoke", f, time: id * 1000, value: invoke },
  { id, process, type: "ok", f, time: id * 1000 + 500, value: ok },
];

/** One message: enqueued, delivered with `priority`, acked, everything drained. */
export function history(priority = "7", topic = "jobs"): HistoryLine[] {
  const message = { topic, messageId: "01HF7YAV730000200000002000" };
  const lease = { attempts: 1, maxRetries: 3, fence: 1, enqueuedMs: 1000, deadlineMs: 9000 };
  return [
    {
      type: "event",
      f: "topic",
      time: 0,
      value: {
        topic,
        mode: "MIN",
        partitions: 1,
        maxRetries: 3,
        dlq: true,
        visibilityMs: 1000,
      },
    },
    ...operation(
      1,
      "p1",
      "enqueue",
      { topic, payload: "aa", priority: "7" },
      { ...message, partition: 0, duplicate: false },
    ),
    ...operation(
      2,
      "c1",
      "pop",
      { topic, stream: "s1", visibilityMs: 1000 },
      { ...message, partition: 0, payload: "aa", priority, ...lease },
    ),
    ...operation(3, "c1", "ack", { ...message, fence: 1 }, {}),
    { type: "event", f: "drained", time: 9000, value: { topic } },
  ];
}

export const text = (lines: readonly HistoryLine[]): string => formatHistory(lines);

export interface Said {
  readonly printed: string[];
  readonly complained: string[];
  readonly written: Map<string, string>;
}

export function world(files: Readonly<Record<string, string>>, newest?: string): CheckIo & Said {
  const said: Said = { printed: [], complained: [], written: new Map() };
  return {
    ...said,
    newest: () => newest,
    open: (file) => {
      const content = files[file];
      const lacks = Object.assign(new Error("ENOENT: no such file"), {
        code: "ENOENT",
        syscall: "open",
      });
      return (async function* chunks() {
        await Promise.resolve();
        if (content === undefined) throw lacks;
        yield content;
      })();
    },
    write: (file, content) => {
      said.written.set(file, content);
      return Promise.resolve();
    },
    out: (line) => {
      said.printed.push(line);
    },
    err: (line) => {
      said.complained.push(line);
    },
  };
}
