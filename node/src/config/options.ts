// Every setting of a node under its flag and its environment variable (wire contract, section 17).
// The environment wins over flags; an empty variable counts as unset.

export interface Option {
  readonly flag?: string;
  readonly env?: string;
  /** A switch may stand alone on the command line ("--bootstrap") or carry true or false. */
  readonly isSwitch?: true;
  readonly help: string;
}

export const OPTIONS = {
  nodeId: { flag: "node-id", env: "NODE_ID", help: "name of this node (default: host name)" },
  machine: {
    flag: "machine",
    env: "NODE_MACHINE",
    help: "what you call the machine it runs on, recorded when the cluster forms (default: the node's name)",
  },
  cluster: {
    flag: "cluster",
    env: "INITIAL_CLUSTER",
    help: "all members, the same list on every node: n1=HOST:8300,n2=HOST:8300,n3=HOST:8300",
  },
  singleNode: {
    flag: "single-node",
    env: "SINGLE_NODE",
    isSwitch: true,
    help: "a cluster of this node alone",
  },
  bootstrap: {
    flag: "bootstrap",
    env: "BOOTSTRAP",
    isSwitch: true,
    help: "not needed; accepted on the first node of --cluster, refused without a list",
  },
  joinAddresses: {
    env: "RAFT_JOIN_ADDRESSES",
    help: "refused: a node cannot join a running cluster yet",
  },
  storagePath: {
    flag: "storage-path",
    env: "STORAGE_PATH",
    help: "data directory (default: ./data)",
  },
  raftDir: {
    flag: "raft-dir",
    help: "accepted without effect; the log lives in the data directory",
  },
  storageType: { env: "STORAGE_TYPE", help: "accepted without effect; the store is LevelDB" },
  syncWrites: {
    env: "STORAGE_SYNC_WRITES",
    isSwitch: true,
    help: "false is ignored; what was answered with OK is always synced",
  },
  portBase: {
    flag: "port-base",
    help: "gRPC P+2i, metrics P+2i+1, HTTP P+100+2i, raft P+200+i, i = place in the list, from 0",
  },
  port: { flag: "port", help: "gRPC port on 127.0.0.1 (default: 9090)" },
  grpcBind: { env: "ENGINE_BIND_ADDRESS", help: "gRPC address (default: 127.0.0.1:9090)" },
  httpBind: { env: "ENGINE_HTTP_BIND_ADDRESS", help: "HTTP address (default: 127.0.0.1:8080)" },
  metricsEnabled: {
    env: "METRICS_ENABLED",
    isSwitch: true,
    help: "whether there are metrics at all (default: true)",
  },
  metricsBind: { env: "METRICS_BIND_ADDRESS", help: "metrics address (default: 127.0.0.1:9091)" },
  raftPort: {
    flag: "raft-port",
    help: "port for the other nodes, on 127.0.0.1 (default: the one in the list, else 8300)",
  },
  raftBind: {
    env: "RAFT_BIND",
    help: "address to listen on for the other nodes (default: 127.0.0.1 and that port)",
  },
  raftAdvertise: {
    env: "RAFT_ADVERTISE",
    help: "address of a single node for other nodes (default: where it listens)",
  },
  authMode: {
    env: "AUTH_MODE",
    help: "off or optional; must be set when a port is open to other machines",
  },
  apiKeys: { env: "API_KEYS", help: "refused until API keys exist" },
  clusterSecret: {
    env: "CLUSTER_SECRET",
    help: "the same on all nodes; needed when RAFT_BIND is open to other machines",
  },
  logLevel: {
    flag: "log-level",
    env: "ENGINE_LOG_LEVEL",
    help: "debug, info, warn or error (default: info)",
  },
  logJson: { flag: "log-json", isSwitch: true, help: "JSON logs (the default)" },
  logFormat: { env: "ENGINE_LOG_FORMAT", help: "json or text (default: json)" },
  enableReflection: {
    flag: "enable-reflection",
    isSwitch: true,
    help: "gRPC reflection (default: true)",
  },
  enableHealth: { flag: "enable-health", isSwitch: true, help: "gRPC health (default: true)" },
  maxMessageSize: {
    env: "ENGINE_MAX_MESSAGE_SIZE",
    help: "bytes of the largest gRPC message that is taken (default: 4194304)",
  },
  requestBytesMax: {
    env: "REQUEST_BYTES_MAX",
    help: "bytes of calls that a node may work on at once (default: 268435456)",
  },
  proposedBytesMax: {
    env: "PROPOSED_BYTES_MAX",
    help: "bytes that a node may have in its logs and not applied, as a leader (default: 33554432)",
  },
  linkBytesMax: {
    env: "LINK_BYTES_MAX",
    help: "bytes of log, and of large calls, on their way to one other node (default: 16777216)",
  },
  streamsMax: { env: "STREAMS_MAX", help: "open streams of consumers at a node (default: 20000)" },
  sessionsMax: { env: "SESSIONS_MAX", help: "open sessions at a node (default: 1000)" },
  topicsMax: { env: "TOPICS_MAX", help: "topics of the cluster (default: 10000)" },
  groupsMax: { env: "GROUPS_MAX", help: "partitions of all topics together (default: 10000)" },
  producerBytesMax: {
    env: "PRODUCER_BYTES_MAX",
    help: "bytes a partition may use to recognise repeats of producers (default: 67108864)",
  },
  defaultVisibility: {
    env: "ENGINE_DEFAULT_VISIBILITY_TIMEOUT",
    help: "visibility timeout of topics that name none (default: 30s)",
  },
  maxPartitions: {
    env: "ENGINE_MAX_PARTITIONS_PER_HEAP",
    help: "partitions a topic may have (default: 100)",
  },
  cleanupInterval: {
    env: "ENGINE_CLEANUP_INTERVAL",
    help: "accepted without effect; what is over is removed by itself (default: 60s)",
  },
  defaultRf: {
    env: "DEFAULT_RF",
    help: "copies of each partition, for topics that name none (default: 3, or all of fewer nodes)",
  },
  popIdleTimeoutMs: {
    env: "POP_STREAM_IDLE_TIMEOUT_MS",
    help: "ms without a delivery after which a stream ends (default: 0, never)",
  },
  popGraceMs: {
    env: "POP_DISCONNECT_GRACE_MS",
    help: "ms after a consumer was lost until others get its messages (default: 5000)",
  },
  popStallMs: {
    env: "POP_STALL_TIMEOUT_MS",
    help: "ms after which a consumer that reads nothing loses what waits for it (default: 5000)",
  },
  popCreditMode: { env: "POP_CREDIT_MODE", help: "explicit, the only mode yet" },
  tickMs: { env: "RAFT_TICK_MS", help: "ms between two looks at the times below (default: 50)" },
  beatMs: { env: "RAFT_BEAT_MS", help: "ms between two heartbeats to another node (default: 100)" },
  electionMinMs: {
    env: "RAFT_ELECTION_MIN_MS",
    help: "ms without a leader until a node stands for election, at least (default: 1500)",
  },
  electionMaxMs: { env: "RAFT_ELECTION_MAX_MS", help: "the same, at most (default: 3000)" },
  checkQuorumMs: {
    env: "RAFT_CHECK_QUORUM_MS",
    help: "ms without a majority until a leader steps down (default: 1500)",
  },
  diskStallMs: {
    env: "DISK_STALL_MS",
    help: "ms that a write may take until a leader hands over (default: 1000)",
  },
} as const satisfies Record<string, Option>;

export type OptionKey = keyof typeof OPTIONS;

export const OPTION_KEYS = Object.keys(OPTIONS) as OptionKey[];

export function optionOf(key: OptionKey): Option {
  return OPTIONS[key];
}

/** Text of `--help`: one line per setting. */
export function helpText(): string {
  const lines = OPTION_KEYS.map((key) => {
    const option = optionOf(key);
    const names = [option.flag === undefined ? undefined : `--${option.flag}`, option.env];
    return `  ${names
      .filter((name) => name !== undefined)
      .join(", ")
      .padEnd(42)} ${option.help}`;
  });
  return ["Settings of a Disheap node (the environment wins over flags):", ...lines].join("\n");
}
