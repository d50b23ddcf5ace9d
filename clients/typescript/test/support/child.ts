// A program that uses the client as built, in a process of its own: how that ends is seen from outside only.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const CLIENT = new URL("../../dist/index.js", import.meta.url).href;

export interface Ran {
  code: number | null;
  /** All it printed, on both streams. */
  printed: string;
  /** From its last message on, or from its start. */
  afterMs: number;
}

/**
 * Runs `script`, to which `DisheapClient` and `tell(TEXT)` are given; `tell` resolves once `onTold` has, which it
 * calls here.
 */
export async function runChild(
  script: string,
  onTold: (text: string) => Promise<void> | void = () => undefined,
): Promise<Ran> {
  const prelude = `
    import { DisheapClient } from ${JSON.stringify(CLIENT)};
    const tell = (text) => new Promise((resolve) => {
      process.once("message", resolve);
      process.send(text);
    });`;
  const args = ["--input-type=module", "-e", prelude + script];
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (bytes: Buffer) => (printed += bytes.toString()));
  }
  let sinceMs = performance.now();
  child.on("message", (text) => {
    void Promise.resolve(onTold(String(text))).then(() => {
      sinceMs = performance.now();
      if (child.connected) child.send("go on");
    });
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, printed, afterMs: performance.now() - sinceMs };
}
