import { createServer } from "node:net";
import { freePorts } from "@disheap/harness";
import { nodePorts } from "../../src/config/port-layout.js";

/** A base whose whole layout is free: ports handed out by the system lie close to none of ours. */
export async function freeBase(): Promise<number> {
  for (;;) {
    const [candidate = 0] = await freePorts(1);
    const base = Math.min(candidate, 65_000);
    const wanted = [0, 1, 2].flatMap((position) => Object.values(nodePorts(position, base)));
    const free = await Promise.all(wanted.map(isFree));
    if (free.every((one) => one)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
