// What V8 needs to be told so that it does not collect for nothing. Frames, blocks and payloads lie outside of its heap,
// but it counts them as if they were inside: over a heap of 25 MB a busy leader ran a full collection every 160 ms, which
// took a quarter of its CPU. Below this size it leaves the old generation alone; young buffers go with the young
// generation all the same, and what large messages leave behind with `load-garbage.ts`. V8 reads this before the first
// line of a program runs, so whoever starts a node has to say it. The Dockerfile and the test harness say the same.

export const V8_FLAGS = ["--initial-old-space-size=64"] as const;

/** What to say of a process that was started without them. */
export function v8Warning(execArgv: readonly string[]): string | undefined {
  const nameOf = (flag: string): string => flag.replace(/=.*/, "").replaceAll("_", "-");
  const given = new Set(execArgv.map(nameOf));
  const missing = V8_FLAGS.filter((flag) => !given.has(nameOf(flag)));
  if (missing.length === 0) return undefined;
  return (
    `This process was started without ${missing.join(" ")}: under load it collects garbage more often than it has to. ` +
    "Put it between node and the program, as npm start and the image do (docs/operating/configuration.md)."
  );
}
