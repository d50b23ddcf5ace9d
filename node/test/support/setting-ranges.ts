// The range of every setting that is a number or a time, with both ends.

import type { OptionKey } from "../../src/config/options.js";
import { PORT_BASE_MAX } from "../../src/config/port-layout.js";

const tebibyte = 2 ** 40;
const hourMs = 3_600_000;
const count = [1, 10_000_000] as const;

export const RANGES: Partial<Record<OptionKey, readonly [number, number]>> = {
  portBase: [1, PORT_BASE_MAX],
  port: [1, 65_535],
  raftPort: [1, 65_535],
  maxMessageSize: [64 << 10, 14 << 20],
  requestBytesMax: [14 << 20, tebibyte],
  proposedBytesMax: [1 << 20, tebibyte],
  linkBytesMax: [1 << 20, tebibyte],
  producerBytesMax: [1 << 20, tebibyte],
  streamsMax: count,
  sessionsMax: count,
  topicsMax: count,
  groupsMax: count,
  defaultVisibility: [1, 12 * hourMs],
  maxPartitions: [1, 1_000],
  cleanupInterval: [1, 24 * hourMs],
  defaultRf: [1, 7],
  popIdleTimeoutMs: [0, 24 * hourMs],
  popGraceMs: [0, 12 * hourMs],
  popStallMs: [1, 12 * hourMs],
  tickMs: [5, 1_000],
  beatMs: [20, 10_000],
  electionMinMs: [200, 59_000],
  electionMaxMs: [300, 60_000],
  checkQuorumMs: [200, 59_000],
  diskStallMs: [100, 58_000],
};

const WITH_UNITS: readonly OptionKey[] = ["defaultVisibility", "cleanupInterval"];

/** How a value of it is written. */
export function written(key: OptionKey, value: number): string {
  return WITH_UNITS.includes(key) ? `${value}ms` : String(value);
}
