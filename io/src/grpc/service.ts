// The peer service as grpc-js sees it: one method that carries raw bytes both ways, no protobuf.

import type { ChannelOptions, MethodDefinition } from "@grpc/grpc-js";
import type { LaneTuning } from "./lanes.js";
import { plainBytes } from "../plain-bytes.js";

/** A larger frame is refused by the sender, and would break the link at the receiver. */
export const FRAME_BYTES_MAX = 16 << 20;

function serialize(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export const LINK: MethodDefinition<Uint8Array, Uint8Array> = {
  path: "/disheap.peer.v1.Peer/Link",
  requestStream: true,
  responseStream: true,
  requestSerialize: serialize,
  requestDeserialize: plainBytes,
  responseSerialize: serialize,
  responseDeserialize: plainBytes,
};

/** The code of a refusal that ends by itself: dialled again as after any failure, and not logged. */
export const STARTING = "starting";

/** Timing and budgets of the peer links; every value has a default. */
export interface LinkTuning extends LaneTuning {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** A refused link is wrong configuration: it is tried again, but slowly. */
  readonly refusedRetryMs: number;
  readonly handshakeMs: number;
  /** A ping when the connection was quiet this long, and how long its answer may take. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** Links that have not proved themselves yet; more are turned away. */
  readonly handshakesMax: number;
}

export const DEFAULT_TUNING: LinkTuning = {
  bytesMax: 64 << 20,
  urgentBytesMax: 16 << 20,
  transportBytes: 1 << 20,
  backoffMinMs: 100,
  backoffMaxMs: 2_000,
  refusedRetryMs: 10_000,
  handshakeMs: 5_000,
  keepaliveMs: 4_000,
  keepaliveTimeoutMs: 4_000,
  handshakesMax: 16,
};

export function channelOptions(tuning: LinkTuning): ChannelOptions {
  return {
    "grpc.keepalive_time_ms": tuning.keepaliveMs,
    "grpc.keepalive_timeout_ms": tuning.keepaliveTimeoutMs,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.max_send_message_length": FRAME_BYTES_MAX,
    "grpc.max_receive_message_length": FRAME_BYTES_MAX,
    // A link's life ends with its connection; a call must never be carried over to another one.
    "grpc.enable_retries": 0,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_channelz": 0,
    "grpc-node.flow_control_window": 1 << 20,
  };
}

/** One line for the operator. `event` is a stable name to filter by. */
export interface PeerLogLine {
  readonly level: "info" | "warn";
  readonly event: "peer.up" | "peer.down" | "peer.refused" | "peer.frame-refused";
  /** The other node's name, or its address while it has not said one. */
  readonly peer: string;
  readonly message: string;
}
