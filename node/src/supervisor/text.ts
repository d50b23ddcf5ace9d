// What `npm start` says. Made to be read by someone who sees Disheap for the first time.

import { relative } from "node:path";
import { styleText } from "node:util";
import type { Unwell } from "./health.js";
import type { NodeSpec, SupervisorOptions } from "./options.js";
import type { LeftOut, Started } from "./supervisor.js";

/** Colours only where a person looks. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const wants = stream.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
  const style =
    (format: "bold" | "dim" | "green" | "red") =>
    (text: string): string =>
      wants ? styleText(format, text) : text;
  return { bold: style("bold"), dim: style("dim"), good: style("green"), bad: style("red") };
}

const DEFAULT_GRPC = 9090;

/** What is running: who leads, and the process of each node, to be watched or killed. */
interface Running extends Started {
  readonly pids: ReadonlyMap<string, number>;
}

export function bannerText(
  options: SupervisorOptions,
  { leader, pids, leftOut, late }: Running,
  cwd: string,
  paint: Paint,
): string {
  const count = options.nodes.length;
  const all = count === 1 ? "one node" : `${String(count)} nodes`;
  const missing = leftOut.length + late.length;
  const nodes = missing === 0 ? all : `${String(count - missing)} of ${all}`;
  const header = ["node", "gRPC", "HTTP", "metrics", "process"];
  const rows = options.nodes.map((node) => [
    node.name,
    `127.0.0.1:${String(node.ports.grpc)}`,
    `http://127.0.0.1:${String(node.ports.http)}`,
    `http://127.0.0.1:${String(node.ports.metrics)}/metrics`,
    String(pids.get(node.name) ?? "-"),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ");
  const first = options.nodes[0]?.ports.grpc ?? DEFAULT_GRPC;
  const endpoints = rows.map(([, grpc]) => grpc).join(",");
  // Without it the commands would look at the usual ports, where another cluster may be.
  const where = first === DEFAULT_GRPC ? [] : [`  export DISHEAP_ENDPOINTS=${endpoints}`];
  return [
    "",
    `${paint.good("Disheap is up:")} ${paint.bold(nodes)}, ${leader} leads.`,
    "",
    `  ${paint.dim(line(header).trimEnd())}`,
    ...rows.map((row) => `  ${line(row)}`.trimEnd()),
    "",
    ...leftOut.flatMap((one) => [paint.bad(leftOutText(one, options, cwd)), ""]),
    ...late.flatMap((one) => [paint.bad(lateText(one, cwd)), ""]),
    "Try it in another terminal:",
    "",
    ...where,
    "  npx disheap topic create jobs",
    '  npx disheap enqueue jobs "wake the pager" --priority 1',
    "",
    paint.dim(`Data and logs: ${shortPath(options.dataDir, cwd)}. Ctrl-C stops everything.`),
    "",
  ].join("\n");
}

function lateText({ node, why }: Unwell, cwd: string): string {
  return (
    `${node.name} is late: its process runs, but it is not ready yet (${why}). All topics work without it, and ` +
    `a line here will say when it is ready. Its log: ${shortPath(node.logFile, cwd)}`
  );
}

/** A node that is missing from the start on: what is wrong, what it means, and what can be done. */
function leftOutText({ node, reason }: LeftOut, options: SupervisorOptions, cwd: string): string {
  const majority = Math.floor(options.nodes.length / 2) + 1;
  const sentences = [
    `${node.name} does not run: ${reason}`,
    `Topics with a copy on every node lose nothing and work as long as ${String(majority)} nodes run; ` +
      `topics that need a copy on ${node.name} do not work.`,
    `${node.name} cannot be replaced in this cluster yet. To have all nodes again, start a second cluster with ` +
      "another folder (npm start -- --data DIR --port-base 20000), and move the messages to it.",
    `Its log: ${shortPath(node.logFile, cwd)}`,
  ];
  return sentences.join("\n");
}

export function failedStartText(reason: string, node: NodeSpec | undefined, cwd: string): string {
  const log = node === undefined ? "" : `\nIts log: ${shortPath(node.logFile, cwd)}`;
  return `Disheap did not start. ${reason}${log}`;
}

function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") ? path : `./${short}`;
}
