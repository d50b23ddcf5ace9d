// What only several settings together can decide: how a cluster forms, who may reach this node, and
// which promises are not built yet (contract sections 6 and 17, D-59, D-68, D-73). Each sentence says
// what to do next.

import { timingProblem, type TimingConfig } from "@disheap/core";
import { type Address, formatAddress, isLoopback, parseAddress } from "./address.js";
import type { NodeConfig } from "./node-config.js";
import { type OptionKey, optionOf } from "./options.js";
import type { Settings } from "./read.js";
import type { Values } from "./schema.js";

/** Every one of them, or it does not compile. */
const IS_TIME: Readonly<Record<keyof TimingConfig, true>> = {
  tickMs: true,
  beatMs: true,
  electionMinMs: true,
  electionMaxMs: true,
  checkQuorumMs: true,
  diskStallMs: true,
};

/** The times that have to fit each other. */
export const TIMES = Object.keys(IS_TIME) as (keyof TimingConfig)[];

/** `unread`: settings that were given but could not be read; they already have their complaint. */
export function findProblems(
  config: NodeConfig,
  values: Values,
  unread: ReadonlySet<OptionKey>,
): string[] {
  return [
    ...formationProblems(config, values, unread),
    ...bindProblems(config, values, unread),
    ...peerProblems(config, values),
    ...unbuiltProblems(values),
    ...portProblems(config),
    ...timingProblems(config),
  ];
}

function formationProblems(
  config: NodeConfig,
  values: Values,
  unread: ReadonlySet<OptionKey>,
): string[] {
  const problems: string[] = [];
  const wantsList = "Set INITIAL_CLUSTER (or --cluster) to the same full list on every node";
  if (values.joinAddresses !== undefined) {
    problems.push(
      `RAFT_JOIN_ADDRESSES is refused: a node cannot join a running cluster yet. ${wantsList} and unset it.`,
    );
  }
  const list = values.cluster;
  if (list === undefined && !unread.has("cluster")) {
    if (values.bootstrap === true && values.singleNode !== true) {
      problems.push(
        `BOOTSTRAP without a list is refused: a cluster forms from one fixed list. ${wantsList}.`,
      );
    } else if (values.singleNode !== true && values.joinAddresses === undefined) {
      problems.push(
        `This node does not know its cluster. ${wantsList}, or SINGLE_NODE=true (--single-node).`,
      );
    }
  }
  if (list !== undefined && !unread.has("nodeId")) {
    if (!list.some((member) => member.name === config.nodeId)) {
      problems.push(
        `This node is called "${config.nodeId}", which is not in the cluster list ` +
          `(${list.map((member) => member.name).join(", ")}). Set NODE_ID (or --node-id) to one of them.`,
      );
    }
    const [first] = list;
    if (values.bootstrap === true && first !== undefined && first.name !== config.nodeId) {
      problems.push(
        `BOOTSTRAP is set on "${config.nodeId}", but the first member of the list, "${first.name}", forms the ` +
          "cluster. Put this node first in the list of every node, or unset BOOTSTRAP here.",
      );
    }
    if (values.singleNode === true && list.length > 1) {
      problems.push(
        `SINGLE_NODE contradicts a list of ${String(list.length)} members. Unset one of the two.`,
      );
    }
  }
  return problems;
}

function bindProblems(
  config: NodeConfig,
  values: Values,
  unread: ReadonlySet<OptionKey>,
): string[] {
  const problems: string[] = [];
  const doors: [string, Address | undefined][] = [
    ["ENGINE_BIND_ADDRESS", config.grpc],
    ["ENGINE_HTTP_BIND_ADDRESS", config.http],
    ["METRICS_BIND_ADDRESS", config.metrics],
  ];
  const open = doors.filter(([, address]) => address !== undefined && !isLoopback(address.host));
  if (open.length > 0 && values.authMode === undefined && !unread.has("authMode")) {
    const what = open.map(([name, address]) => `${name}=${address ? formatAddress(address) : ""}`);
    problems.push(
      `${what.join(", ")} opens this node beyond this machine while AUTH_MODE is not set. ` +
        "Set AUTH_MODE=off to allow everyone who can reach it, or bind to 127.0.0.1.",
    );
  }
  if (values.authMode === "required") {
    problems.push(
      "AUTH_MODE=required is refused: API keys do not exist yet, so nobody could call this node. " +
        "Set AUTH_MODE=off and keep the port inside a trusted network.",
    );
  }
  return problems;
}

function peerProblems(config: NodeConfig, values: Values): string[] {
  const problems: string[] = [];
  if (!isLoopback(config.raft.host) && config.clusterSecret === "") {
    problems.push(
      `The peer port ${formatAddress(config.raft)} is reachable from other machines. ` +
        "Set CLUSTER_SECRET to the same long random text on every node, or bind RAFT_BIND to 127.0.0.1.",
    );
  }
  const own = values.cluster?.find((member) => member.name === config.nodeId);
  const ownHost = own === undefined ? undefined : parseAddress(own.address)?.host;
  const isAlone = config.members.length === 1;
  if (ownHost !== undefined && !isAlone && !isLoopback(ownHost) && isLoopback(config.raft.host)) {
    problems.push(
      `The cluster list says that peers reach this node at ${own?.address ?? ""}, but its peer port is ` +
        `${formatAddress(config.raft)}. Set RAFT_BIND (for example 0.0.0.0:${String(config.raft.port)}) ` +
        "and CLUSTER_SECRET.",
    );
  }
  return problems;
}

function unbuiltProblems(values: Values): string[] {
  const problems: string[] = [];
  if (values.apiKeys !== undefined) {
    problems.push("API_KEYS is refused: API keys do not exist yet. Unset it.");
  }
  if (values.popCreditMode === "window") {
    problems.push("POP_CREDIT_MODE=window is not built yet. Set it to explicit, or unset it.");
  }
  return problems;
}

function portProblems(config: NodeConfig): string[] {
  const problems: string[] = [];
  const used = new Map<number, string>();
  const doors: [string, Address | undefined][] = [
    ["gRPC", config.grpc],
    ["HTTP", config.http],
    ["metrics", config.metrics],
    ["raft", config.raft],
  ];
  for (const [name, address] of doors) {
    if (address === undefined) continue;
    const other = used.get(address.port);
    if (other !== undefined) {
      problems.push(
        `${other} and ${name} both want port ${String(address.port)}. Give each its own.`,
      );
    }
    used.set(address.port, name);
  }
  return problems;
}

function timingProblems(config: NodeConfig): string[] {
  const problem = timingProblem(config.timing);
  return problem === undefined ? [] : [`These times cannot work: ${asSettings(problem)}`];
}

/** The core knows times by the names of its own fields. */
function asSettings(problem: string): string {
  return TIMES.reduce((text, key) => text.replaceAll(key, optionOf(key).env ?? key), problem);
}

/** What is accepted but has no effect, or less than its name says. */
export function findWarnings(values: Values, settings: Settings): string[] {
  const warnings: string[] = [];
  if (values.syncWrites === false) {
    warnings.push(
      "STORAGE_SYNC_WRITES=false is ignored: what is answered with OK is synced on a majority of the copies.",
    );
  }
  if (values.authMode === "optional") {
    warnings.push(
      "AUTH_MODE=optional: no API keys exist yet, so a call that presents one is refused.",
    );
  }
  if (values.storageType !== undefined && values.storageType.toLowerCase() !== "leveldb") {
    warnings.push(
      `STORAGE_TYPE=${values.storageType} is taken for leveldb, the only store there is.`,
    );
  }
  if (values.raftDir !== undefined) {
    warnings.push("--raft-dir has no effect: the log lives in the data directory.");
  }
  if (values.raftAdvertise !== undefined && values.cluster !== undefined) {
    warnings.push(
      "RAFT_ADVERTISE has no effect together with a cluster list, which names the addresses.",
    );
  }
  if (values.portBase !== undefined) {
    const losing = (
      ["port", "raftPort", "grpcBind", "httpBind", "metricsBind", "raftBind"] as const
    )
      .map((key) => settings.get(key)?.source)
      .filter((source) => source !== undefined);
    if (losing.length > 0) warnings.push(`${losing.join(", ")} override what --port-base says.`);
  }
  return warnings;
}
