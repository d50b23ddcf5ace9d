// A TCP proxy in front of one peer, so that a test can break or freeze a connection whose two ends
// live on.

import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

export class Proxy {
  readonly port: number;
  /** Where new connections go; 0 refuses them. */
  targetPort = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private isFrozen = false;

  private constructor(server: Server) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (inbound) => this.join(inbound));
  }

  static async listen(): Promise<Proxy> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Proxy(server);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.sockets.size / 2;
  }

  /** Breaks every connection. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Keeps every connection open and passes nothing on, also for new ones. */
  freeze(): void {
    this.isFrozen = true;
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  thaw(): void {
    this.isFrozen = false;
    this.reset();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(inbound: Socket): void {
    if (this.targetPort === 0) {
      inbound.destroy();
      return;
    }
    const outbound = connect(this.targetPort, "127.0.0.1");
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ]) {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      if (!this.isFrozen) socket.pipe(other);
    }
  }
}
