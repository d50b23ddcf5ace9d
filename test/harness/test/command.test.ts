// The command that starts nodes for tests in any language, used as such a test uses it: over its streams.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Answer, NodeView } from "../src/command/commands.js";
import { readOptions } from "../src/command/options.js";
import { isAlive } from "../src/program.js";
import { until } from "../src/until.js";

const dist = (file: string): string => fileURLToPath(new URL(`../dist/${file}`, import.meta.url));
const WAIT_MAX_MS = 20_000;

class Harness {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: Interface;

  constructor(...args: string[]) {
    const stdio = ["pipe", "pipe", "ignore"] as const;
    this.child = spawn(process.execPath, [dist("main.js"), ...args], { stdio: [...stdio] });
    this.lines = createInterface({ input: this.child.stdout });
  }

  async answer(): Promise<Answer> {
    const [line] = (await once(this.lines, "line")) as [string];
    return JSON.parse(line) as Answer;
  }

  do(command: unknown): Promise<Answer> {
    const answer = this.answer();
    this.child.stdin.write(`${typeof command === "string" ? command : JSON.stringify(command)}\n`);
    return answer;
  }

  /** The node that a command without a failure was about. */
  async node(what: string, node = "n1"): Promise<NodeView> {
    const answer = await this.do({ do: what, node });
    if (!answer.ok) throw new Error(answer.error);
    expect(answer.nodes).toHaveLength(1);
    return answer.nodes[0];
  }

  async exitCode(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, "exit");
    return this.child.exitCode;
  }
}

let harness: Harness | undefined;
afterEach(async () => {
  harness?.child.stdin.end();
  await harness?.exitCode();
  harness = undefined;
});

/** Started, with what its first line says. */
async function startNodes(...args: string[]): Promise<[Harness, readonly NodeView[]]> {
  harness = new Harness(...args);
  const first = await harness.answer();
  if (!first.ok) throw new Error(first.error);
  return [harness, first.nodes];
}

async function isHealthy({ http }: NodeView): Promise<boolean> {
  return (await fetch(`${http}/health`, { signal: AbortSignal.timeout(1_000) })).status === 200;
}

describe("the command", () => {
  it("starts nodes, does to them what it is told, and ends all with its input", async () => {
    const [one, nodes] = await startNodes("--nodes", "1", "--env", "ENGINE_LOG_LEVEL=debug");
    const [{ pid, log, data, metrics, endpoint }] = nodes;
    expect(await isHealthy(nodes[0])).toBe(true);
    expect((await fetch(`${metrics}/metrics`)).status).toBe(200);
    expect([endpoint, existsSync(log), existsSync(data)]).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      true,
      true,
    ]);
    expect(await one.node("stop")).toMatchObject({
      isRunning: false,
      exit: { code: 0, signal: null },
    });
    await one.node("empty");
    expect(existsSync(data)).toBe(false);
    await one.node("start");
    const again = await one.node("healthy");
    expect([again.isRunning, again.exit, again.pid === pid]).toEqual([true, null, false]);
    expect(await one.node("kill")).toMatchObject({ exit: { code: null, signal: "SIGKILL" } });
    await one.node("start");
    const restarted = await one.node("restart");
    expect(await one.node("healthy")).toEqual(restarted);
    await one.node("freeze");
    await expect(isHealthy(nodes[0])).rejects.toThrow();
    await one.node("thaw");
    expect(await isHealthy(nodes[0])).toBe(true);
    // Frozen, so that it could not end by itself.
    await one.node("freeze");
    one.child.stdin.end();
    expect(await one.exitCode()).toBe(0);
    expect([isAlive(restarted.pid), existsSync(dirname(log))]).toEqual([false, false]);
  });

  it("cuts nodes off, and does to all what names none", async () => {
    const [one, nodes] = await startNodes("--cuttable");
    expect(nodes.map(({ name }) => name)).toEqual(["n1", "n2", "n3"]);
    await one.node("cut", "n2");
    await until("n2 is alone", WAIT_MAX_MS, async () => !(await isHealthy(nodes[1])));
    await one.node("heal", "n2");
    expect(await one.do({ do: "healthy" })).toMatchObject({ ok: true, nodes: [{}, {}, {}] });
    const killed = await one.do({ do: "kill" });
    expect(killed.ok && killed.nodes.map(({ isRunning }) => isRunning)).toEqual(
      Array(3).fill(false),
    );
  });

  it("answers what it cannot do with a sentence, and goes on", async () => {
    const [one] = await startNodes("--nodes", "1");
    const refusals: [unknown, RegExp][] = [
      ["nonsense", /^Not a JSON object: nonsense\. Write \{"do"/],
      ["[]", /"do" is missing; it must be one of start, stop, kill,/],
      [{ do: "dance" }, /"do" is "dance"; it must be one of/],
      [{ do: "constructor" }, /"do" is "constructor"; it must be one of/],
      [{ do: "kill", node: 1 }, /"node" is 1; give a name, or leave it out/],
      [{ do: "kill", node: "n2" }, /There is no node n2; there are n1\./],
      [{ do: "start", node: "n1" }, /n1 runs already; stop or kill it first\./],
      [{ do: "empty", node: "n1" }, /n1 runs; stop or kill it before you empty it\./],
      [{ do: "cut", node: "n1" }, /start them with network: "cuttable"/],
    ];
    for (const [command, error] of refusals) {
      expect(await one.do(command)).toEqual({ ok: false, error: expect.stringMatching(error) });
    }
    expect((await one.node("healthy")).isRunning).toBe(true);
  });

  it("says why the nodes did not start, and ends", async () => {
    harness = new Harness("--nodes", "1", "--env", "RAFT_TICK_MS=0");
    expect(await harness.answer()).toEqual({
      ok: false,
      error: expect.stringContaining('RAFT_TICK_MS="0"'),
    });
    expect(await harness.exitCode()).toBe(1);
  });

  it("ends with 2 when its command line is wrong", async () => {
    harness = new Harness("--nodes", "many");
    expect(await harness.exitCode()).toBe(2);
  });
});

describe("the command line", () => {
  it("says how many nodes, with which settings", () => {
    expect(readOptions([])).toEqual({ nodes: 3, env: {}, isCuttable: false });
    const argv = ["--nodes=5", "--env", "A=b=c", "--env=D=", "--cuttable"];
    expect(readOptions(argv)).toEqual({ nodes: 5, env: { A: "b=c", D: "" }, isCuttable: true });
    expect(readOptions(["--help"])).toBeUndefined();
  });

  it.each([
    [["--nodes", "0"], /--nodes is "0"; give a whole number from 1 to 7/],
    [["--nodes", "8"], /--nodes is "8"/],
    [["--env", "A"], /--env is "A"; write it as NAME=VALUE/],
    [["--node", "1"], /--node/],
    [["1"], /1/],
  ])("refuses %j", (argv, says) => {
    expect(() => readOptions(argv)).toThrow(says);
  });
});

describe("wait-for-health", () => {
  const wait = async (...args: string[]): Promise<{ code: number | null; said: string }> => {
    const child = spawn(process.execPath, [dist("wait-for-health.js"), ...args]);
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said += text.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, said };
  };

  it("ends when every node is healthy, or names the one that is not", async () => {
    const [one, [{ http }]] = await startNodes("--nodes", "1");
    expect(await wait(http, "--seconds", "20")).toEqual({ code: 0, said: "" });
    await one.node("kill");
    const { code, said } = await wait(http, "--seconds", "0.2");
    expect([code, said]).toEqual([1, `Not within 200 ms: ${http} is healthy (no answer).\n`]);
    expect((await wait()).code).toBe(2);
  });
});
