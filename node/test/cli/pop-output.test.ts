// `disheap pop` against readers that are slow, leave, or take nothing: what the other side of standard output did
// not take is not acknowledged, and what is held at an early end goes back without an attempt.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TestNode } from "../../../clients/typescript/test/support/test-node.js";
import { Cli } from "./support/cli.js";

const bin = fileURLToPath(new URL("../../bin/disheap.js", import.meta.url));
const messages = 60;
/** Together far more than a pipe holds. */
const payloadBytes = 20_000;

let node: TestNode;
let cli: Cli;
let child: ChildProcess | undefined;

vi.setConfig({ testTimeout: 30_000 });

beforeEach(async () => {
  node = await new TestNode().start();
  cli = new Cli({ env: { DISHEAP_ENDPOINTS: node.address } });
  await cli.run("topic", "create", "jobs");
  for (let index = 0; index < messages; index += 1) {
    node.state.enqueue({ topic: "jobs", payload: Buffer.alloc(payloadBytes, "x"), priority: 0n });
  }
});

afterEach(() => {
  child?.kill("SIGKILL");
  node.kill();
});

function start(args: string[], stdout: "pipe" | number = "pipe"): ChildProcess {
  const env = { ...process.env, DISHEAP_ENDPOINTS: node.address };
  child = spawn(process.execPath, [bin, ...args], { env, stdio: ["ignore", stdout, "pipe"] });
  return child;
}

const jobs = () => node.state.topic("jobs");
/** All were delivered, and what becomes of them does not change any more. */
async function quiet(): Promise<void> {
  await vi.waitFor(() => expect(jobs().counts.pops).toBeGreaterThan(messages / 2), 20_000);
  let before: number;
  do {
    before = jobs().counts.acks;
    await new Promise((resolve) => setTimeout(resolve, 500));
  } while (jobs().counts.acks !== before);
}
/** What is neither acknowledged nor as it was before it was delivered. */
const marked = () => jobs().messages.filter(({ attempts, lease }) => attempts > 0 || lease);

it("what a slow reader has not taken when the command dies is not acknowledged", async () => {
  const { stdout, kill } = start(["pop", "jobs", "--follow", "--raw"]);
  if (stdout === null) throw new Error("no pipe");
  await quiet();
  kill.call(child, "SIGKILL");
  const received = Math.floor((await buffer(stdout)).length / (payloadBytes + 1));
  expect(received).toBeLessThan(messages);
  expect(jobs().counts.acks).toBeLessThanOrEqual(received);
});

describe.each([
  ["pop", ["pop", "jobs", "-n", "60", "--raw"]],
  ["pop --no-ack", ["pop", "jobs", "-n", "60", "--raw", "--no-ack"]],
  ["pop --wait", ["pop", "jobs", "-n", "60", "--wait", "20s"]],
  ["pop --follow", ["pop", "jobs", "--follow", "-o", "json"]],
])("%s", (name, args) => {
  /** Without acknowledging, what was printed stays leased. */
  const printed = () => (name === "pop --no-ack" ? marked().length : jobs().counts.acks);

  it("gives back what it holds when the reader leaves, and no attempt is counted", async () => {
    const { stdout } = start(args);
    stdout?.once("data", () => stdout.destroy());
    const [code] = (await once(child as ChildProcess, "exit")) as [number];
    expect(code).toBe(0);
    expect(printed()).toBeLessThan(messages / 2);
    if (name !== "pop --no-ack") expect(marked()).toEqual([]);
    expect(jobs().messages.length).toBe(messages - jobs().counts.acks);
  });

  it("fails when the reader is gone before it has anything, and gives back what it holds", async () => {
    const { stdout, stderr } = start(args);
    if (stderr === null) throw new Error("no pipe");
    stdout?.destroy();
    const ended = once(child as ChildProcess, "exit");
    expect((await buffer(stderr)).toString()).toMatch(/could not be written: .*EPIPE/);
    expect((await ended)[0]).toBe(1);
    expect(jobs().counts.acks).toBe(0);
    expect(marked()).toEqual([]);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "gives back what it holds at %s, though its reader reads no more",
    async (signal) => {
      start(args);
      await quiet();
      child?.kill(signal);
      const [code] = (await once(child as ChildProcess, "exit")) as [number];
      expect(code).toBe(0);
      expect(printed()).toBeGreaterThan(0);
      expect(printed()).toBeLessThan(messages / 2);
      if (name !== "pop --no-ack") expect(marked()).toEqual([]);
    },
  );
});

describe.runIf(existsSync("/dev/full"))("a disk that is full", () => {
  it.each([
    ["pop", ["pop", "jobs", "-n", "60"]],
    ["stats", ["stats"]],
    ["topic", ["topic", "show", "jobs", "-o", "json"]],
  ])("is a failure of %s that says so, and nothing is acknowledged", async (_name, args) => {
    const { stderr } = start(args, openSync("/dev/full", "w"));
    if (stderr === null) throw new Error("no pipe");
    const ended = once(child as ChildProcess, "exit");
    expect((await buffer(stderr)).toString()).toMatch(/could not be written: .*ENOSPC/);
    expect((await ended)[0]).toBe(1);
    expect(jobs().counts.acks).toBe(0);
    expect(marked()).toEqual([]);
  });
});

it("a node that does not end a pop is not waited for beyond --timeout", async () => {
  node.ignoresHalfClose = true;
  const startMs = performance.now();
  const all = ["pop", "jobs", "-n", "80", "-o", "json", "--timeout", "2s"];
  const { code, out, err } = await cli.run(...all);
  expect(performance.now() - startMs).toBeLessThan(4_000);
  expect(out.trimEnd().split("\n")).toHaveLength(messages);
  expect(code).toBe(3);
  expect(JSON.parse(err)).toMatchObject({ error: { code: "UNAVAILABLE" } });
  expect(err).toContain("60 of 80 were taken from jobs");
  expect(jobs().counts.acks).toBe(messages);
  const none = await cli.run("pop", "jobs", "--wait", "300ms");
  expect([none.code, none.out]).toEqual([3, ""]);
  expect(none.err).toContain("Nothing was taken from jobs");
});
