// Free ports of this machine.

import { createServer, type AddressInfo } from "node:net";

/** Ports that were free a moment ago; all are held at once, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const listening = servers.map(
    (server) =>
      new Promise<number>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
      }),
  );
  const ports = await Promise.all(listening);
  const closing = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  await Promise.all(closing);
  return ports;
}
