// Ports of this machine: free ones, which the system names, and the four addresses of a node on them.

import { type AddressInfo, createServer, type Server } from "node:net";

export interface NodeAddresses {
  readonly grpc: string;
  readonly http: string;
  readonly metrics: string;
  readonly raft: string;
}

const PORTS_PER_NODE = 4;

/** Ports that were free a moment ago; all are held at once, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => holdPort()));
  await Promise.all(held.map(({ server }) => release(server)));
  return held.map(({ port }) => port);
}

/** A port that something listens on, until `release`. */
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

/** Addresses for one node after the other, on free ports that all differ. */
export async function freeAddressesOf(count: number): Promise<NodeAddresses[]> {
  const ports = await freePorts(count * PORTS_PER_NODE);
  return Array.from({ length: count }, (_, node) => {
    const at = (place: number): string => `127.0.0.1:${ports[node * PORTS_PER_NODE + place]}`;
    return { grpc: at(0), http: at(1), metrics: at(2), raft: at(3) };
  });
}

export async function freeAddresses(): Promise<NodeAddresses> {
  const [grpc = 0, http = 0, metrics = 0, raft = 0] = await freePorts(PORTS_PER_NODE);
  const at = (port: number): string => `127.0.0.1:${port}`;
  return { grpc: at(grpc), http: at(http), metrics: at(metrics), raft: at(raft) };
}

export function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
