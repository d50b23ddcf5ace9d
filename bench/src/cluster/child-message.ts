// One message from a child process that serves the bench.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** The child's next message, or an error when it dies first. */
export async function messageOf<T>(child: ChildProcess): Promise<T> {
  const dead = new AbortController();
  const onExit = (): void => dead.abort(new Error("a server of the bench has ended"));
  child.once("exit", onExit);
  try {
    const [message] = (await once(child, "message", { signal: dead.signal })) as [T];
    return message;
  } finally {
    child.off("exit", onExit);
  }
}
