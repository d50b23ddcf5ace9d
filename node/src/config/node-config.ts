// What one node is told, checked and complete: the shape of what comes out of config.ts.

import type { ClusterMember, DefaultsConfig, LimitsConfig, TimingConfig } from "@disheap/core";
import type { Address } from "./address.js";

export type AuthMode = "off" | "optional" | "required";
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Every setting of a node, with its default where nothing was given. */
export interface NodeConfig {
  readonly nodeId: string;
  /** What its operator calls the machine that it runs on (D-88). */
  readonly machine: string;
  /** In the order of the list: its first member forms the cluster (D-88). */
  readonly members: readonly ClusterMember[];
  /** Absolute. */
  readonly dataDir: string;
  readonly grpc: Address;
  readonly http: Address;
  readonly metrics: Address | undefined;
  readonly raft: Address;
  readonly authMode: AuthMode;
  readonly clusterSecret: string;
  readonly logLevel: LogLevel;
  readonly logFormat: "json" | "text";
  readonly enableHealth: boolean;
  readonly enableReflection: boolean;
  readonly timing: TimingConfig;
  readonly limits: LimitsConfig;
  readonly defaults: DefaultsConfig;
}
