// NetworkPort over grpc-js: one authenticated stream of raw frames per direction and peer pair.

export { createGrpcNetwork } from "./network.js";
export type { GrpcNetwork, GrpcNetworkOptions } from "./network.js";
export { FRAME_BYTES_MAX } from "./service.js";
export type { PeerLogLine } from "./service.js";
