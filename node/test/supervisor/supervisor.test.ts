import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts, isAlive, until } from "@disheap/harness";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findBusyPorts } from "../../src/supervisor/free-ports.js";
import type { NodeSpec } from "../../src/supervisor/options.js";
import { StartFailure, Supervisor } from "../../src/supervisor/supervisor.js";

const WAIT_MAX_MS = 50_000;
const FAKE = fileURLToPath(new URL("fake-node.mjs", import.meta.url));

let folder: string;
let supervisor: Supervisor | undefined;
let said: string[];
let givenUp: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-supervisor-"));
  said = [];
  givenUp = 0;
  supervisor = undefined;
});
afterEach(async () => {
  supervisor?.kill();
  await supervisor?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function threeNodes(): Promise<NodeSpec[]> {
  const ports = await freePorts(12);
  return [0, 1, 2].map((position) => {
    const [grpc = 0, metrics = 0, http = 0, raft = 0] = ports.slice(position * 4);
    const name = `n${position + 1}`;
    return {
      name,
      ports: { grpc, metrics, http, raft },
      dataDir: join(folder, name),
      logFile: join(folder, `${name}.log`),
    };
  });
}

function build(
  nodes: NodeSpec[],
  env: Record<string, string> = {},
  more: { restartMinMs?: number; lateMs?: number } = {},
): Supervisor {
  supervisor = new Supervisor(
    { nodes, cluster: "list", dataDir: folder },
    {
      nodeCommand: [process.execPath, FAKE],
      env: { ...process.env, FAKE_STARTS: join(folder, "starts"), ...env },
      say: (text) => said.push(text),
      onGivenUp: () => (givenUp += 1),
      ...more,
    },
  );
  return supervisor;
}

function starts(): { name: string; pid: number }[] {
  const lines = readFileSync(join(folder, "starts"), "utf8").trim().split("\n");
  return lines.map((line) => ({
    name: line.split(" ")[0] ?? "",
    pid: Number(line.split(" ")[1]),
  }));
}

describe("a supervisor", () => {
  it("waits until all are healthy, names the leader, and leaves nothing running", async () => {
    const running = build(await threeNodes());
    expect(await running.start()).toEqual({ leader: "n1", leftOut: [], late: [] });
    const pids = starts().map(({ pid }) => pid);
    expect(pids).toHaveLength(3);
    await running.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(readFileSync(join(folder, "n2.log"), "utf8")).toBe("fake n2\n");
    expect(said).toEqual([]);
  });

  it("reports a killed node and starts it again", async () => {
    const running = build(await threeNodes());
    await running.start();
    const victim = starts().find(({ name }) => name === "n2");
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await until("it is said", WAIT_MAX_MS, () => said.length === 2);
    expect(said).toEqual([
      "n2 ended (killed by SIGKILL); starting it again in 0.5 s.",
      expect.stringMatching(/^n2 is back: process \d+\.$/),
    ]);
    expect(said[1]).toContain(String(running.pids().get("n2")));
    expect(running.pids().get("n2")).not.toBe(victim?.pid);
    expect(starts().map(({ name }) => name)).toEqual(
      expect.arrayContaining(["n1", "n2", "n3", "n2"]),
    );
    expect(starts()).toHaveLength(4);
  });

  it.each(["n1", "n3"])("starts without %s when it refuses, and says why", async (name) => {
    const running = build(await threeNodes(), { FAKE_FATAL: name });
    const { leader, leftOut } = await running.start();
    expect(leader).not.toBe(name);
    expect(leftOut).toMatchObject([{ node: { name }, reason: "The chain is broken." }]);
    expect([...running.pids().keys()]).toEqual(["n1", "n2", "n3"].filter((one) => one !== name));
    // It is not tried again: it would say the same.
    expect(starts().filter((start) => start.name === name)).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it("serves without a node that is slow, names it, and says when it is there", async () => {
    const slow = join(folder, "slow");
    writeFileSync(slow, "");
    const running = build(await threeNodes(), { FAKE_SLOW: `n3=${slow}` }, { lateMs: 500 });
    const { leader, late } = await running.start();
    expect([leader, late]).toMatchObject(["n1", [{ node: { name: "n3" }, why: "starting" }]]);
    rmSync(slow);
    await until("it says that n3 is there", WAIT_MAX_MS, () => said.length > 0);
    expect(said).toEqual(["n3, which was late, is ready now."]);
    expect(starts()).toHaveLength(3);
  });

  it("is not up while a partition has no leader, and says what it waits for", async () => {
    const leaderless = join(folder, "leaderless");
    writeFileSync(leaderless, "");
    let isUp = false;
    const starting = build(await threeNodes(), { FAKE_LEADERLESS: leaderless }, { lateMs: 0 })
      .start()
      .then(() => (isUp = true));
    await until("it says what it waits for", WAIT_MAX_MS, () => said.length > 0);
    expect(said).toEqual(["Not up yet. It waits for the leader of jobs, partition 2."]);
    expect(isUp).toBe(false);
    rmSync(leaderless);
    await starting;
  });

  it("gives up the start with the nodes' own sentences when a majority refuses", async () => {
    const running = build(await threeNodes(), { FAKE_FATAL: "n2,n3" });
    const failure = await running.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartFailure);
    const sentences = (failure as StartFailure).message.split("\n").sort();
    expect(sentences).toEqual(["n2 ended: The chain is broken.", "n3 ended: The chain is broken."]);
    await running.stop();
    expect(starts().filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it(
    "gives up a node that ends five times in a row for the same reason",
    { timeout: 60_000 },
    async () => {
      const nodes = (await threeNodes()).slice(0, 1);
      // Well at first; from its second start on it refuses.
      const running = build(nodes, { FAKE_FATAL_LATER: "n1" }, { restartMinMs: 10 });
      await running.start();
      process.kill(starts()[0]?.pid ?? 0, "SIGKILL");
      await until("it gives up", WAIT_MAX_MS, () => said.at(-1)?.includes("stays stopped"));
      expect(said.at(-1)).toBe(
        "n1 ended 5 times in a row (The disk is gone.) and stays stopped. " +
          `Its log says why: ${join(folder, "n1.log")}. Once that is put right, stop all with Ctrl-C and run npm start again.`,
      );
      expect(starts()).toHaveLength(6);
      expect(givenUp).toBe(1);
    },
  );

  it("kills a node that does not want to stop, when told to", async () => {
    const running = build(await threeNodes(), { FAKE_DEAF: "n1" });
    await running.start();
    const stopping = running.stop();
    running.kill();
    await stopping;
    expect(starts().filter(({ pid }) => isAlive(pid))).toEqual([]);
  });
});

describe("ports in use", () => {
  it("are named with what wanted them", async () => {
    const nodes = await threeNodes();
    expect(await findBusyPorts(nodes)).toEqual([]);
    const port = nodes[1]?.ports.http ?? 0;
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    expect(await findBusyPorts(nodes)).toEqual([`Port ${port} (HTTP of n2) is already in use.`]);
    await new Promise((resolve) => other.close(resolve));
  });
});
