// What `npm start` may be told: how many nodes, on which ports, with data where.

import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type NodePorts, nodePorts, PORT_BASE_MAX } from "../config/port-layout.js";

export interface NodeSpec {
  readonly name: string;
  readonly ports: NodePorts;
  readonly dataDir: string;
  readonly logFile: string;
}

export interface SupervisorOptions {
  readonly nodes: readonly NodeSpec[];
  /** The list every node gets. */
  readonly cluster: string;
  readonly dataDir: string;
}

type ParsedOptions =
  | { readonly kind: "options"; readonly options: SupervisorOptions }
  | { readonly kind: "problems"; readonly problems: readonly string[] }
  | { readonly kind: "help" };

const NODES_DEFAULT = 3;
const NODES_MAX = 7;

export const HELP = `npm start                       three nodes on this machine, data in ./data
npm start -- --nodes 1          one node, in a data folder of its own
npm start -- --port-base 20000  gRPC 20000, 20002, ...; metrics 20001, ...; HTTP 20100, ...; raft 20200, ...
npm start -- --data DIR         data in DIR
npx disheap down                stops it from another terminal; with --data DIR what runs there`;

export function parseOptions(argv: readonly string[], cwd: string): ParsedOptions {
  const problems: string[] = [];
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: {
      help: { type: "boolean" },
      nodes: { type: "string" },
      "port-base": { type: "string" },
      data: { type: "string" },
    },
    strict: false,
    tokens: true,
  });
  if (values.help === true) return { kind: "help" };
  for (const text of positionals) problems.push(`"${text}" is not a flag. See --help.`);
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    if (!["help", "nodes", "port-base", "data"].includes(token.name)) {
      problems.push(`${token.rawName} is unknown. Use --nodes, --port-base or --data.`);
    } else if (token.value === undefined || token.value === "") {
      problems.push(`${token.rawName} has no value. Write ${token.rawName} VALUE.`);
    }
  }
  const count = integer(values.nodes, NODES_MAX, "--nodes", problems) ?? NODES_DEFAULT;
  const base = integer(values["port-base"], PORT_BASE_MAX, "--port-base", problems);
  if (problems.length > 0) return { kind: "problems", problems };
  const data = typeof values.data === "string" ? values.data : undefined;
  return { kind: "options", options: layOut(count, base, data, cwd) };
}

function layOut(
  count: number,
  base: number | undefined,
  data: string | undefined,
  cwd: string,
): SupervisorOptions {
  const dataDir = resolve(
    cwd,
    data ?? "data",
    folderOf(count, data === undefined ? base : undefined),
  );
  const nodes = Array.from({ length: count }, (_, position): NodeSpec => {
    const name = `n${String(position + 1)}`;
    return {
      name,
      ports: nodePorts(position, base),
      dataDir: join(dataDir, name),
      logFile: join(dataDir, `${name}.log`),
    };
  });
  const cluster = nodes
    .map(({ name, ports }) => `${name}=127.0.0.1:${String(ports.raft)}`)
    .join(",");
  return { nodes, cluster, dataDir };
}

/**
 * A store belongs to one list of members, so another number of nodes or other ports need another
 * folder. Whoever names a folder means that folder, apart from the number of nodes.
 */
function folderOf(count: number, base: number | undefined): string {
  const byCount = count === NODES_DEFAULT ? "" : count === 1 ? "single" : `${String(count)}-nodes`;
  return join(byCount, base === undefined ? "" : `ports-${String(base)}`);
}

function integer(
  value: unknown,
  max: number,
  flag: string,
  problems: string[],
): number | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= 1 && number <= max) return number;
  problems.push(`${flag}="${value}" cannot be used: give a whole number from 1 to ${String(max)}.`);
  return undefined;
}
