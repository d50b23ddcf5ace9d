// Nodes of RabbitMQ on this machine, with a port mapper and a cookie of their own, so that they meet no
// other Erlang that runs here.

import type { Program } from "@disheap/harness";
import { findProgram, type ProgramNeed } from "./find-programs.js";
import { LOOPBACK, type PeerHost } from "./peer-host.js";

// The program in PATH is a wrapper that changes to another user and loses the environment.
const SERVER: ProgramNeed = {
  program: "rabbitmq-server",
  folders: ["/usr/lib/rabbitmq/bin"],
  package: "rabbitmq-server",
};
const PORT_MAPPER: ProgramNeed = { program: "epmd", package: "rabbitmq-server" };
export const RABBIT_PROGRAMS = [SERVER, PORT_MAPPER];

const COOKIE = "disheap-bench";
const HOST = "localhost";

interface Node {
  readonly name: string;
  readonly port: number;
  readonly distributionPort: number;
  /** Whom it joins when it starts. */
  readonly joins: string | undefined;
}

/** The port of the first one, once all are up. */
export async function startRabbits(host: PeerHost, count: number): Promise<number> {
  const [mapperPort = 0, ...ports] = await host.ports(1 + 2 * count);
  const mapper = [findProgram(PORT_MAPPER), "-port", String(mapperPort), "-address", LOOPBACK];
  await host.listens(host.start({ name: "epmd", command: mapper }), mapperPort);
  host.file(".erlang.cookie", COOKIE, 0o400);
  host.file("plugins", "[].\n");
  const nodes = Array.from({ length: count }, (_, i): Node => {
    const joins = i === 0 ? undefined : `bench1@${HOST}`;
    const [port = 0, distributionPort = 0] = ports.slice(2 * i);
    return { name: `bench${i + 1}`, port, distributionPort, joins };
  });
  // One after the other: each finds those before it.
  for (const node of nodes) {
    host.progress(`starting ${node.name} of ${count} nodes of RabbitMQ`);
    await host.listens(startNode(host, node, mapperPort), node.port);
  }
  return nodes[0]?.port ?? 0;
}

function startNode(host: PeerHost, node: Node, mapperPort: number): Program {
  const { name, port, distributionPort } = node;
  const folder = host.folder(name);
  return host.start({
    name,
    command: [findProgram(SERVER)],
    env: {
      HOME: host.path,
      ERL_EPMD_PORT: String(mapperPort),
      ERL_EPMD_ADDRESS: LOOPBACK,
      RABBITMQ_NODENAME: `${name}@${HOST}`,
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_NODE_IP_ADDRESS: LOOPBACK,
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
      RABBITMQ_CONF_ENV_FILE: `${folder}/none`,
      RABBITMQ_CONFIG_FILE: host.file(`${name}.conf`, settingsOf(node)),
      RABBITMQ_ENABLED_PLUGINS_FILE: `${host.path}/plugins`,
      RABBITMQ_MNESIA_BASE: folder,
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_PID_FILE: `${folder}/pid`,
    },
  });
}

function settingsOf({ port, joins }: Node): string {
  const discovery = [
    "cluster_formation.peer_discovery_backend = classic_config",
    `cluster_formation.classic_config.nodes.1 = ${joins}`,
  ];
  return [
    `listeners.tcp.1 = ${LOOPBACK}:${port}`,
    "tcp_listen_options.nodelay = true",
    "disk_free_limit.absolute = 50MB",
    ...(joins === undefined ? [] : discovery),
    "",
  ].join("\n");
}
