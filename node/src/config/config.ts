// The configuration of one node: flags and environment in, one checked value out, or every problem at
// once, each with what to do. Nothing below main.ts reads a flag or the environment.

import { hostname } from "node:os";
import { resolve } from "node:path";
import {
  DEFAULT_DEFAULTS,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  type LimitsConfig,
  type TimingConfig,
} from "@disheap/core";
import { type Address, formatAddress } from "./address.js";
import type { NodeConfig } from "./node-config.js";
import { nodePorts } from "./port-layout.js";
import { readSettings } from "./read.js";
import { findProblems, findWarnings } from "./rules.js";
import { parseValues, type Values } from "./schema.js";
import { NODE_NAME } from "./values.js";

export type LoadedConfig =
  | { readonly kind: "config"; readonly config: NodeConfig; readonly warnings: readonly string[] }
  | { readonly kind: "problems"; readonly problems: readonly string[] }
  | { readonly kind: "help" };

interface ConfigInput {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the machine; the default name of the node. */
  readonly hostName?: string;
  readonly cwd?: string;
}

export function loadConfig(input: ConfigInput): LoadedConfig {
  const read = readSettings(input.argv, input.env);
  if (read.wantsHelp) return { kind: "help" };
  const parsed = parseValues(read.settings);
  const problems = [...read.problems, ...parsed.problems];
  const config = assemble(parsed.values, input);
  const unread = new Set([...read.settings.keys()].filter((key) => !(key in parsed.values)));
  problems.push(...findProblems(config, parsed.values, unread));
  if (problems.length > 0) return { kind: "problems", problems };
  return { kind: "config", config, warnings: findWarnings(parsed.values, read.settings) };
}

function assemble(values: Values, input: ConfigInput): NodeConfig {
  const nodeId = values.nodeId ?? defaultNodeId(input.hostName ?? hostname());
  const position = values.cluster?.findIndex((member) => member.name === nodeId) ?? 0;
  const ports = nodePorts(
    values.portBase === undefined ? 0 : Math.max(0, position),
    values.portBase,
  );
  const raft =
    values.raftBind ?? loopback(values.raftPort ?? ownPort(values, nodeId) ?? ports.raft);
  const alone = [{ name: nodeId, address: formatAddress(values.raftAdvertise ?? raft) }];
  const members = values.cluster ?? alone;
  return {
    nodeId,
    machine: values.machine ?? nodeId,
    members,
    dataDir: resolve(input.cwd ?? process.cwd(), values.storagePath ?? "data"),
    grpc: values.grpcBind ?? loopback(values.port ?? ports.grpc),
    http: values.httpBind ?? loopback(ports.http),
    metrics:
      values.metricsEnabled === false ? undefined : (values.metricsBind ?? loopback(ports.metrics)),
    raft,
    authMode: values.authMode ?? "off",
    clusterSecret: values.clusterSecret ?? "",
    logLevel: values.logLevel ?? "info",
    logFormat: values.logFormat ?? (values.logJson === false ? "text" : "json"),
    enableHealth: values.enableHealth ?? true,
    enableReflection: values.enableReflection ?? true,
    timing: timingOf(values),
    limits: limitsOf(values),
    defaults: {
      ...DEFAULT_DEFAULTS,
      visibilityMs: values.defaultVisibility ?? DEFAULT_DEFAULTS.visibilityMs,
      disconnectGraceMs: values.popGraceMs ?? DEFAULT_DEFAULTS.disconnectGraceMs,
      streamIdleTimeoutMs: values.popIdleTimeoutMs ?? DEFAULT_DEFAULTS.streamIdleTimeoutMs,
      streamStallMs: values.popStallMs ?? DEFAULT_DEFAULTS.streamStallMs,
      ...(values.defaultRf === undefined ? {} : { replicationFactor: values.defaultRf }),
    },
  };
}

function loopback(port: number): Address {
  return { host: "127.0.0.1", port };
}

/** The port of this node's own line in the list: where it listens when nothing else is said. */
function ownPort(values: Values, nodeId: string): number | undefined {
  if (values.portBase !== undefined) return undefined;
  const own = values.cluster?.find((member) => member.name === nodeId);
  return own === undefined
    ? undefined
    : Number(own.address.slice(own.address.lastIndexOf(":") + 1));
}

/** A host name may hold what a node name may not; the name is only a default. */
function defaultNodeId(hostName: string): string {
  const name = hostName.replace(/[^a-zA-Z0-9_.-]/g, "-").slice(0, 63);
  return NODE_NAME.test(name) ? name : "node";
}

function limitsOf(values: Values): LimitsConfig {
  return {
    ...DEFAULT_LIMITS,
    messageBytesMax: values.maxMessageSize ?? DEFAULT_LIMITS.messageBytesMax,
    partitionsPerTopicMax: values.maxPartitions ?? DEFAULT_LIMITS.partitionsPerTopicMax,
    requestBytesMax: values.requestBytesMax ?? DEFAULT_LIMITS.requestBytesMax,
    proposedBytesMax: values.proposedBytesMax ?? DEFAULT_LIMITS.proposedBytesMax,
    linkBytesMax: values.linkBytesMax ?? DEFAULT_LIMITS.linkBytesMax,
    streamsMax: values.streamsMax ?? DEFAULT_LIMITS.streamsMax,
    sessionsMax: values.sessionsMax ?? DEFAULT_LIMITS.sessionsMax,
    topicsMax: values.topicsMax ?? DEFAULT_LIMITS.topicsMax,
    groupsMax: values.groupsMax ?? DEFAULT_LIMITS.groupsMax,
    producerBytesMax: values.producerBytesMax ?? DEFAULT_LIMITS.producerBytesMax,
  };
}

function timingOf(values: Values): TimingConfig {
  return {
    tickMs: values.tickMs ?? DEFAULT_TIMING.tickMs,
    beatMs: values.beatMs ?? DEFAULT_TIMING.beatMs,
    electionMinMs: values.electionMinMs ?? DEFAULT_TIMING.electionMinMs,
    electionMaxMs: values.electionMaxMs ?? DEFAULT_TIMING.electionMaxMs,
    checkQuorumMs: values.checkQuorumMs ?? DEFAULT_TIMING.checkQuorumMs,
    diskStallMs: values.diskStallMs ?? DEFAULT_TIMING.diskStallMs,
  };
}
