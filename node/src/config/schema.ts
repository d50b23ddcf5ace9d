// The settings as one schema: each still optional, each already a value. What depends on several
// settings at once is decided in rules.ts and config.ts.

import {
  HOUR_MS,
  MESSAGE_BYTES_MAX,
  PARTITIONS_MAX,
  REPLICATION_FACTOR_MAX,
  VISIBILITY_MAX_MS,
} from "@disheap/core";
import { z } from "zod";
import type { OptionKey } from "./options.js";
import type { Settings } from "./read.js";
import {
  addressText,
  clusterText,
  durationText,
  integerText,
  nodeNameText,
  oneOf,
  switchText,
} from "./values.js";
import { PORT_BASE_MAX } from "./port-layout.js";

const port = integerText(1, 65_535);
const anyText = z.string();
/** An answer over several partitions takes a while; a stream that ends before it says that nothing waits. */
const idleText = integerText(0, 24 * HOUR_MS).refine(
  (ms) => ms === 0 || ms >= 1000,
  `write 0 for never, or 1000 to ${String(24 * HOUR_MS)}.`,
);

const shape = {
  nodeId: nodeNameText,
  machine: nodeNameText,
  cluster: clusterText,
  singleNode: switchText,
  bootstrap: switchText,
  joinAddresses: anyText,
  storagePath: anyText,
  raftDir: anyText,
  storageType: anyText,
  syncWrites: switchText,
  portBase: integerText(1, PORT_BASE_MAX),
  port,
  grpcBind: addressText,
  httpBind: addressText,
  metricsEnabled: switchText,
  metricsBind: addressText,
  raftPort: port,
  raftBind: addressText,
  raftAdvertise: addressText,
  authMode: oneOf("off", "optional", "required"),
  apiKeys: anyText,
  clusterSecret: anyText,
  logLevel: oneOf("debug", "info", "warn", "error"),
  logJson: switchText,
  logFormat: oneOf("json", "text"),
  enableReflection: switchText,
  enableHealth: switchText,
  maxMessageSize: integerText(64 * 1024, MESSAGE_BYTES_MAX),
  requestBytesMax: integerText(MESSAGE_BYTES_MAX, 2 ** 40),
  proposedBytesMax: integerText(1 << 20, 2 ** 40),
  linkBytesMax: integerText(1 << 20, 2 ** 40),
  streamsMax: integerText(1, 10_000_000),
  sessionsMax: integerText(1, 10_000_000),
  topicsMax: integerText(1, 10_000_000),
  groupsMax: integerText(1, 10_000_000),
  producerBytesMax: integerText(1 << 20, 2 ** 40),
  defaultVisibility: durationText(1, VISIBILITY_MAX_MS),
  maxPartitions: integerText(1, PARTITIONS_MAX),
  cleanupInterval: durationText(1, 24 * HOUR_MS),
  defaultRf: integerText(1, REPLICATION_FACTOR_MAX),
  popIdleTimeoutMs: idleText,
  popGraceMs: integerText(0, VISIBILITY_MAX_MS),
  popStallMs: integerText(1, VISIBILITY_MAX_MS),
  popCreditMode: oneOf("explicit", "window"),
  // The floors and how these bear on each other: timingProblem of core.
  tickMs: integerText(5, 1_000),
  beatMs: integerText(20, 10_000),
  electionMinMs: integerText(200, 59_000),
  electionMaxMs: integerText(300, 60_000),
  checkQuorumMs: integerText(200, 59_000),
  diskStallMs: integerText(100, 58_000),
} satisfies Record<OptionKey, z.ZodType<unknown, string>>;

const schema = z.object(shape).partial();

export type Values = z.output<typeof schema>;

/** Parses every setting and names all that cannot be read; those are then absent from `values`. */
export function parseValues(settings: Settings): {
  readonly values: Values;
  readonly problems: readonly string[];
} {
  const texts: Record<string, string> = {};
  for (const [key, setting] of settings) texts[key] = setting.text;
  const problems: string[] = [];
  const first = schema.safeParse(texts);
  if (first.success) return { values: first.data, problems };
  for (const issue of first.error.issues) {
    const key = String(issue.path[0]) as OptionKey;
    const setting = settings.get(key);
    const shown = key === "clusterSecret" || key === "apiKeys" ? "" : `="${texts[key] ?? ""}"`;
    problems.push(`${setting?.source ?? key}${shown} cannot be used: ${issue.message}`);
    Reflect.deleteProperty(texts, key);
  }
  const second = schema.safeParse(texts);
  return { values: second.success ? second.data : {}, problems };
}
