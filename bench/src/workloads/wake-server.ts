// A process that sends back what it gets over TCP, and tells what it used when asked.

import { createServer, type AddressInfo } from "node:net";
import { usageOfThisProcess } from "../cluster/process-usage.js";

const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("data", (bytes) => socket.write(bytes));
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on("message", () => process.send?.(usageOfThisProcess()));
process.on("disconnect", () => process.exit(0));
