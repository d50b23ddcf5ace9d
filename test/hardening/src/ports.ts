// Ports that were free a moment ago.

import { type AddressInfo, createServer, type Server } from "node:net";

/** All are held at once, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => holdPort()));
  await Promise.all(servers.map(({ server }) => release(server)));
  return servers.map(({ port }) => port);
}

/** A port that something else listens on. */
export function holdPort(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      resolve({ server, port: (server.address() as AddressInfo).port });
    });
  });
}

export function release(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
