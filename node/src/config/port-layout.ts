// The ports of the nodes of one machine (the wire contract's deployment: gRPC 9090/9092/9094, metrics
// 9091/9093/9095, HTTP 8080/8082/8084, raft 8300/8301/8302), or the same shape from one base port.

export interface NodePorts {
  readonly grpc: number;
  readonly metrics: number;
  readonly http: number;
  readonly raft: number;
}

/** The highest offset that a base port leads to: raft of the last of 100 nodes. */
const OFFSET_MAX = 299;
export const PORT_BASE_MAX = 65_535 - OFFSET_MAX;

/** Ports of the node at `position` (from 0); `base` undefined gives the documented defaults. */
export function nodePorts(position: number, base?: number): NodePorts {
  if (base === undefined) {
    return {
      grpc: 9090 + 2 * position,
      metrics: 9091 + 2 * position,
      http: 8080 + 2 * position,
      raft: 8300 + position,
    };
  }
  return {
    grpc: base + 2 * position,
    metrics: base + 1 + 2 * position,
    http: base + 100 + 2 * position,
    raft: base + 200 + position,
  };
}
