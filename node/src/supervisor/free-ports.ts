// Are the ports free? Asked before anything is created, so that a refusal leaves nothing behind.

import { createServer } from "node:net";
import type { NodeSpec } from "./options.js";

/** A sentence for each port that something else uses. */
export async function findBusyPorts(nodes: readonly NodeSpec[]): Promise<string[]> {
  const wanted = nodes.flatMap(({ name, ports }) => [
    { what: `gRPC of ${name}`, port: ports.grpc },
    { what: `metrics of ${name}`, port: ports.metrics },
    { what: `HTTP of ${name}`, port: ports.http },
    { what: `peers of ${name}`, port: ports.raft },
  ]);
  const tried = await Promise.all(
    wanted.map(async ({ what, port }) => ({ what, port, problem: await tryPort(port) })),
  );
  return tried.flatMap(({ what, port, problem }) => {
    if (problem === undefined) return [];
    const why = problem === "EADDRINUSE" ? "is already in use" : `cannot be opened (${problem})`;
    return [`Port ${String(port)} (${what}) ${why}.`];
  });
}

function tryPort(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}
