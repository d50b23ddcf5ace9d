// A plain TCP connection that says whatever it is told to, and notes how the other side ends it.

import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { hostAndPort } from "@disheap/harness";

export interface TcpEnd {
  /** Whether the node closed the connection in time. */
  readonly isClosed: boolean;
  readonly received: Buffer;
}

export function openTcp(address: string): Promise<Socket> {
  const socket = connect(hostAndPort(address));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      // A reset is one of the ends that a node may choose.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}

/** Sends `bytes`, then waits until the node closes the connection, at most `maxMs`. */
export async function sendTcp(address: string, bytes: Buffer, maxMs: number): Promise<TcpEnd> {
  const socket = await openTcp(address);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<boolean>((resolve) => {
    socket.once("close", () => {
      resolve(true);
    });
  });
  socket.write(bytes);
  const timer = new AbortController();
  const late = sleep(maxMs, false, { signal: timer.signal }).catch(() => false);
  const isClosed = await Promise.race([closed, late]);
  timer.abort();
  socket.destroy();
  return { isClosed, received: Buffer.concat(chunks) };
}
