export { isAlive, Program, type Exit, type ProgramSpec, type Resources } from "./program.js";
export { Cluster, type ClusterOptions } from "./cluster.js";
export { temporaryFolder, type TemporaryFolder } from "./cleanup.js";
export type { Env } from "./env.js";
export { askHealth, type Health } from "./health.js";
export { Link, type LinkState } from "./link.js";
export { NODE_MAIN, NodeProcess, type NodeSpec } from "./node-process.js";
export { PeerLinks } from "./peer-links.js";
export {
  freeAddresses,
  freePorts,
  holdPort,
  hostAndPort,
  type NodeAddresses,
  release,
} from "./ports.js";
export { Proxy } from "./proxy.js";
export { seenWithin, until, within } from "./until.js";
