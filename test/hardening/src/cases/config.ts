// Nonsense on the command line and in the environment, and doors that are taken: a sentence that says
// what to do, exit code 2 for what the operator wrote, 1 for what the machine refuses.

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Env,
  freeAddresses,
  holdPort,
  NODE_MAIN,
  type NodeAddresses,
  Program,
  release,
} from "@disheap/harness";
import type { HardeningCase } from "../case.js";
import { expect } from "../expect.js";
import type { World } from "../world.js";

interface BadStart {
  readonly args?: readonly string[];
  readonly env?: Env;
  /** Must appear in the complaint: what is wrong, by its name. */
  readonly names: string;
}

const ALONE = { SINGLE_NODE: "true" };

const BAD_STARTS: readonly BadStart[] = [
  { names: "INITIAL_CLUSTER" },
  { args: ["--frobnicate", "1"], env: ALONE, names: "--frobnicate" },
  { args: ["--port"], env: ALONE, names: "--port" },
  { args: ["--port", "0"], env: ALONE, names: "--port" },
  { args: ["--port", "70000"], env: ALONE, names: "--port" },
  { args: ["--port", "-1"], env: ALONE, names: "--port" },
  { args: ["--port", "ninety"], env: ALONE, names: "--port" },
  { args: ["--port-base", "65500"], env: ALONE, names: "--port-base" },
  { args: ["serve"], env: ALONE, names: "serve" },
  { args: ["--node-id", "../../etc"], env: ALONE, names: "--node-id" },
  { args: ["--log-level", "loud"], env: ALONE, names: "--log-level" },
  { args: ["--single-node=perhaps"], names: "--single-node" },
  { env: { BOOTSTRAP: "true" }, names: "BOOTSTRAP" },
  { env: { RAFT_JOIN_ADDRESSES: "a:1" }, names: "RAFT_JOIN_ADDRESSES" },
  { env: { INITIAL_CLUSTER: "n1" }, names: "INITIAL_CLUSTER" },
  { env: { INITIAL_CLUSTER: "n1=127.0.0.1" }, names: "INITIAL_CLUSTER" },
  { env: { INITIAL_CLUSTER: "n1=127.0.0.1:1,n1=127.0.0.1:2" }, names: "INITIAL_CLUSTER" },
  { env: { INITIAL_CLUSTER: "n1=127.0.0.1:1,n2=127.0.0.1:1" }, names: "INITIAL_CLUSTER" },
  { env: { INITIAL_CLUSTER: ",,," }, names: "INITIAL_CLUSTER" },
  { env: { INITIAL_CLUSTER: "\u{1f4a3}=127.0.0.1:1" }, names: "INITIAL_CLUSTER" },
  { env: { INITIAL_CLUSTER: "a=127.0.0.1:1,b=127.0.0.1:2", NODE_ID: "c" }, names: "NODE_ID" },
  { env: { ...ALONE, INITIAL_CLUSTER: "n1=127.0.0.1:1,n2=127.0.0.1:2" }, names: "SINGLE_NODE" },
  { env: { ...ALONE, ENGINE_BIND_ADDRESS: "0.0.0.0:9090" }, names: "AUTH_MODE" },
  { env: { ...ALONE, ENGINE_HTTP_BIND_ADDRESS: ":8080" }, names: "AUTH_MODE" },
  { env: { ...ALONE, METRICS_BIND_ADDRESS: "[::]:9091" }, names: "AUTH_MODE" },
  { env: { ...ALONE, RAFT_BIND: "0.0.0.0:8300" }, names: "CLUSTER_SECRET" },
  { env: { ...ALONE, AUTH_MODE: "required" }, names: "AUTH_MODE" },
  { env: { ...ALONE, AUTH_MODE: "maybe" }, names: "AUTH_MODE" },
  { env: { ...ALONE, API_KEYS: "k" }, names: "API_KEYS" },
  { env: { ...ALONE, ENGINE_BIND_ADDRESS: "localhost" }, names: "ENGINE_BIND_ADDRESS" },
  { env: { ...ALONE, ENGINE_BIND_ADDRESS: "127.0.0.1:99999" }, names: "ENGINE_BIND_ADDRESS" },
  { env: { ...ALONE, ENGINE_MAX_MESSAGE_SIZE: "lots" }, names: "ENGINE_MAX_MESSAGE_SIZE" },
  { env: { ...ALONE, ENGINE_MAX_MESSAGE_SIZE: "-1" }, names: "ENGINE_MAX_MESSAGE_SIZE" },
  { env: { ...ALONE, ENGINE_DEFAULT_VISIBILITY_TIMEOUT: "5 minutes" }, names: "VISIBILITY" },
  { env: { ...ALONE, POP_CREDIT_MODE: "window" }, names: "POP_CREDIT_MODE" },
  { env: { ...ALONE, DEFAULT_RF: "0" }, names: "DEFAULT_RF" },
  { env: { ...ALONE, METRICS_ENABLED: "si" }, names: "METRICS_ENABLED" },
  { env: { ...ALONE, RAFT_ELECTION_MIN_MS: "10", RAFT_ELECTION_MAX_MS: "5" }, names: "RAFT_" },
  { env: { ...ALONE, RAFT_ELECTION_MAX_MS: "1500" }, names: "RAFT_" },
  { env: { ...ALONE, DISK_STALL_MS: "1" }, names: "DISK_STALL_MS" },
  { env: { ...ALONE, RAFT_TICK_MS: "0" }, names: "RAFT_TICK_MS" },
  { env: { ...ALONE, ENGINE_HTTP_BIND_ADDRESS: "127.0.0.1:9090" }, names: "9090" },
];
const AT_ONCE = 4;
const START_MAX_MS = 15_000;

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

async function startBadly(folder: string, bad: BadStart, number: number): Promise<Ended> {
  const program = new Program({
    name: describe(bad),
    command: [process.execPath, NODE_MAIN, ...(bad.args ?? [])],
    env: { STORAGE_PATH: join(folder, "data"), ...bad.env },
    logFile: join(folder, `start-${String(number)}.log`),
  });
  const { code } = await program.start().ended(START_MAX_MS);
  return { code, text: program.log() };
}

function describe({ args = [], env = {} }: BadStart): string {
  return [...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...args].join(" ");
}

/** A complaint a person can act on: it names the setting, and ends as a sentence. */
function judge(bad: BadStart, { code, text }: Ended): void {
  const what = `"${describe(bad)}"`;
  expect(code === 2, `${what} ended with ${String(code)}, not 2: ${text.slice(0, 300)}`);
  expect(text.includes(bad.names), `${what}: the complaint does not name ${bad.names}: ${text}`);
  expect(!/\bat .*\.js:\d+/.test(text), `${what} shows a stack trace: ${text}`);
  const complaints = text.split("\n").filter((line) => line.startsWith("- "));
  expect(complaints.length > 0, `${what}: no complaint in: ${text}`);
  for (const line of complaints) {
    expect(/\.( |$)|\.$|: n1=.*\.$/.test(line), `${what}: not a sentence: ${line}`);
    expect(
      /\b(set|unset|give|write|remove|use|bind|start|choose|keep|see|must|lower|raise)\b/i.test(
        line,
      ),
      `${what}: the complaint does not say what to do: ${line}`,
    );
  }
}

const badSettings: HardeningCase = {
  name: "config.bad-settings",
  does: `${String(BAD_STARTS.length)} starts with bad flags or environment`,
  expects: "exit code 2, each complaint names the setting and says what to do, nothing is created",
  lane: "own",
  maxMs: 60_000,
  run: async ({ folder }) => {
    for (let i = 0; i < BAD_STARTS.length; i += AT_ONCE) {
      const some = BAD_STARTS.slice(i, i + AT_ONCE);
      const ends = await Promise.all(some.map((bad, k) => startBadly(folder, bad, i + k)));
      for (const [k, bad] of some.entries()) {
        const end = ends[k];
        if (end !== undefined) judge(bad, end);
      }
    }
    expect(!existsSync(join(folder, "data")), "a refused start created a data directory");
    return `${String(BAD_STARTS.length)} refusals`;
  },
};

async function busyDoor(world: World, door: keyof NodeAddresses): Promise<void> {
  const { server, port } = await holdPort();
  try {
    const addresses = { ...(await freeAddresses()), [door]: `127.0.0.1:${String(port)}` };
    const node = await world.single(door, { addresses });
    const { code } = await node.start().ended(10_000);
    expect(code === 1, `${door}: exit code ${String(code)}, not 1`);
    const word = node.lastWords();
    expect(word.includes(String(port)), `${door}: the port is not named: ${word}`);
    expect(/Stop (what|the process)/.test(word), `${door}: what to do is not said: ${word}`);
  } finally {
    await release(server);
  }
}

const portsInUse: HardeningCase = {
  name: "config.ports-in-use",
  does: "each of the four ports of a node is taken by another process",
  expects: "exit code 1 with a sentence that names the port",
  lane: "own",
  isQuick: true,
  maxMs: 60_000,
  run: async (world) => {
    for (const door of ["grpc", "http", "metrics", "raft"] as const) await busyDoor(world, door);
    return "four sentences";
  },
};

export const configCases: readonly HardeningCase[] = [badSettings, portsInUse];
