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
    help: "the machine it runs on, recorded when the cluster forms (default: the node's name)",
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
    help: "needs --cluster; the list itself forms the cluster",
  },
  joinAddresses: { env: "RAFT_JOIN_ADDRESSES", help: "refused until membership change exists" },
  storagePath: {
    flag: "storage-path",
    env: "STORAGE_PATH",
    help: "data directory (default: ./data)",
  },
  raftDir: { flag: "raft-dir", help: "accepted; the log lives in the data directory" },
  storageType: { env: "STORAGE_TYPE", help: "accepted; the store is LevelDB" },
  syncWrites: { env: "STORAGE_SYNC_WRITES", isSwitch: true, help: "false is ignored" },
  portBase: {
    flag: "port-base",
    help: "gRPC P+2i, metrics P+2i+1, HTTP P+100+2i, raft P+200+i, i = place in the list, from 0",
  },
  port: { flag: "port", help: "gRPC port on loopback (default: 9090)" },
  grpcBind: { env: "ENGINE_BIND_ADDRESS", help: "gRPC address (default: 127.0.0.1:9090)" },
  httpBind: { env: "ENGINE_HTTP_BIND_ADDRESS", help: "HTTP address (default: 127.0.0.1:8080)" },
  metricsEnabled: { env: "METRICS_ENABLED", isSwitch: true, help: "default: true" },
  metricsBind: { env: "METRICS_BIND_ADDRESS", help: "metrics address (default: 127.0.0.1:9091)" },
  raftPort: { flag: "raft-port", help: "peer port on loopback (default: 8300)" },
  raftBind: { env: "RAFT_BIND", help: "peer address to listen on (default: 127.0.0.1:8300)" },
  raftAdvertise: {
    env: "RAFT_ADVERTISE",
    help: "peer address of a single node (default: where it listens)",
  },
  authMode: { env: "AUTH_MODE", help: "off or optional; must be set off loopback" },
  apiKeys: { env: "API_KEYS", help: "refused until API keys exist" },
  clusterSecret: { env: "CLUSTER_SECRET", help: "shared by all members; needed off loopback" },
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
  maxMessageSize: { env: "ENGINE_MAX_MESSAGE_SIZE", help: "bytes of a gRPC message (4194304)" },
  requestBytesMax: {
    env: "REQUEST_BYTES_MAX",
    help: "bytes of requests under way at a node (268435456)",
  },
  proposedBytesMax: {
    env: "PROPOSED_BYTES_MAX",
    help: "bytes that leaders on a node have under way in their logs (33554432)",
  },
  linkBytesMax: {
    env: "LINK_BYTES_MAX",
    help: "bytes of log, and of large requests, on their way to one other node (16777216)",
  },
  streamsMax: { env: "STREAMS_MAX", help: "open streams of a node (20000)" },
  sessionsMax: { env: "SESSIONS_MAX", help: "open sessions of a node (1000)" },
  topicsMax: { env: "TOPICS_MAX", help: "topics of the cluster (10000)" },
  groupsMax: { env: "GROUPS_MAX", help: "partitions of all topics (10000)" },
  producerBytesMax: {
    env: "PRODUCER_BYTES_MAX",
    help: "bytes a partition may hold for producers (67108864)",
  },
  defaultVisibility: {
    env: "ENGINE_DEFAULT_VISIBILITY_TIMEOUT",
    help: "visibility timeout of topics that name none (default: 30s)",
  },
  maxPartitions: { env: "ENGINE_MAX_PARTITIONS_PER_HEAP", help: "default: 100" },
  cleanupInterval: {
    env: "ENGINE_CLEANUP_INTERVAL",
    help: "accepted; sweeps go by group time (default: 60s)",
  },
  defaultRf: { env: "DEFAULT_RF", help: "replication factor of topics that name none" },
  popIdleTimeoutMs: { env: "POP_STREAM_IDLE_TIMEOUT_MS", help: "0 = never (default)" },
  popGraceMs: { env: "POP_DISCONNECT_GRACE_MS", help: "lease left after a lost consumer (5000)" },
  popStallMs: {
    env: "POP_STALL_TIMEOUT_MS",
    help: "a consumer that reads nothing for this long (5000)",
  },
  popCreditMode: { env: "POP_CREDIT_MODE", help: "explicit" },
  tickMs: { env: "RAFT_TICK_MS", help: "default: 50" },
  beatMs: { env: "RAFT_BEAT_MS", help: "default: 100" },
  electionMinMs: { env: "RAFT_ELECTION_MIN_MS", help: "default: 1500" },
  electionMaxMs: { env: "RAFT_ELECTION_MAX_MS", help: "default: 3000" },
  checkQuorumMs: { env: "RAFT_CHECK_QUORUM_MS", help: "default: 1500" },
  diskStallMs: { env: "DISK_STALL_MS", help: "default: 1000" },
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
