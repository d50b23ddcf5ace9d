// A link with an address of its own: whoever connects to it reaches the target, as long as it is open. Put
// it between a client and a node, or between any two programs that speak TCP.

import { type AddressInfo, createServer, type Server } from "node:net";
import { Link } from "./link.js";
import { release } from "./ports.js";

export class Proxy extends Link {
  readonly port: number;
  private readonly server: Server;

  private constructor(server: Server, target: string) {
    super(target);
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => {
      this.accept(socket);
    });
  }

  /** On a free port. Without a target it refuses until one is set. */
  static async listen(target = ""): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new Proxy(server, target);
  }

  /** What the other side is told to connect to. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    const closed = release(this.server);
    this.cut();
    await closed;
  }
}
