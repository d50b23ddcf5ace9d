// What can be asked of running nodes, one JSON object a line: {"do": "kill", "node": "n2"}. Without a node it
// is done to all. The answer is {"ok": true, "nodes": [...]}, the nodes it was done to as they are now, or
// {"ok": false, "error": "a sentence"}.

import type { Cluster } from "../cluster.js";
import type { NodeProcess } from "../node-process.js";
import type { Exit } from "../program.js";

export interface NodeView {
  readonly name: string;
  readonly endpoint: string;
  readonly http: string;
  readonly metrics: string;
  readonly pid: number;
  readonly isRunning: boolean;
  /** How its newest process ended; null while it runs. */
  readonly exit: Exit | null;
  readonly log: string;
  readonly data: string;
}

export type Answer =
  | { readonly ok: true; readonly nodes: readonly NodeView[] }
  | { readonly ok: false; readonly error: string };

type Act = (node: NodeProcess, cluster: Cluster) => Promise<unknown> | void;

const ACTS: Readonly<Record<string, Act>> = {
  start: (node) => void node.start(),
  stop: (node) => node.stop(),
  kill: (node) => node.kill(),
  restart: async (node) => {
    await node.stop();
    node.start();
  },
  healthy: (node) => node.healthy(),
  freeze: (node) => {
    node.freeze();
  },
  thaw: (node) => {
    node.thaw();
  },
  empty: (node) => {
    node.empty();
  },
  cut: ({ name }, { links }) => {
    links.cut(name);
  },
  heal: ({ name }, { links }) => {
    for (const link of links.of(name)) link.open();
  },
};

export function viewOf(node: NodeProcess): NodeView {
  const { name, endpoint, http, metrics, pid, isRunning, exit = null } = node;
  const { logFile: log, dataFolder: data } = node;
  return { name, endpoint, http, metrics, pid, isRunning, exit, log, data };
}

/** Does what a line asks for. Never throws. */
export async function answerTo(cluster: Cluster, line: string): Promise<Answer> {
  try {
    const { act, name } = parse(line);
    const nodes = name === undefined ? cluster.nodes : [cluster.node(name)];
    await Promise.all(nodes.map(async (node) => act(node, cluster)));
    return { ok: true, nodes: nodes.map(viewOf) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function parse(line: string): { readonly act: Act; readonly name: string | undefined } {
  const { do: what, node } = objectOf(line);
  const act = typeof what === "string" && Object.hasOwn(ACTS, what) ? ACTS[what] : undefined;
  if (act === undefined) {
    const known = Object.keys(ACTS).join(", ");
    throw new Error(`"do" is ${JSON.stringify(what) ?? "missing"}; it must be one of ${known}.`);
  }
  if (node === undefined || typeof node === "string") return { act, name: node };
  throw new Error(`"node" is ${JSON.stringify(node)}; give a name, or leave it out for all nodes.`);
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new Error(`Not a JSON object: ${line}. Write {"do": "kill", "node": "n2"} on one line.`);
}
