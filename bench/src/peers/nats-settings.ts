// The settings of one NATS server of a cluster on this machine.

import { LOOPBACK } from "./peer-host.js";

export interface NatsServer {
  readonly name: string;
  readonly port: number;
  /** Of all servers. */
  readonly clusterPorts: readonly number[];
  /** Which of them is this one. */
  readonly self: number;
  readonly storeFolder: string;
  readonly isSynced: boolean;
}

/** From 2.10 on JetStream can sync at every write. `text` is what --version says. */
export function syncsAlways(text: string): boolean {
  const [, major, minor] = /v(\d+)\.(\d+)\./.exec(text) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 10);
}

export function natsSettings(server: NatsServer): string {
  const { name, port, clusterPorts, self, storeFolder, isSynced } = server;
  const routes = clusterPorts.map((one) => `"nats://${LOOPBACK}:${one}"`).join(", ");
  return [
    `server_name: "${name}"`,
    `listen: "${LOOPBACK}:${port}"`,
    `jetstream { store_dir: "${storeFolder}"${isSynced ? ", sync_interval: always" : ""} }`,
    `cluster { name: "bench", listen: "${LOOPBACK}:${clusterPorts[self]}", routes: [${routes}] }`,
    "",
  ].join("\n");
}
