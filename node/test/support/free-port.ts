import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { nodePorts } from "../../src/config/port-layout.js";

/** Ports that were free a moment ago. All are held at once, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

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
