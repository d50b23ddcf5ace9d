// What the rules for clients' requests want to know of this node (contract/limits/rule.ts).

import type { NodeLimits } from "../contract/limits/rule.js";
import { ITEM_OVERHEAD_BYTES } from "../contract/limits/units.js";
import type { HostConfig } from "./config.js";

/** Without a setting a topic has this many replicas, or as many as there are nodes. */
const REPLICAS = 3;

export function nodeLimits({ limits, defaults, members }: HostConfig): NodeLimits {
  return {
    partitionsPerTopicMax: limits.partitionsPerTopicMax,
    payloadBytesMax: limits.messageBytesMax - ITEM_OVERHEAD_BYTES,
    visibilityMs: defaults.visibilityMs,
    replicationFactor: defaults.replicationFactor ?? Math.min(REPLICAS, members.length),
  };
}
