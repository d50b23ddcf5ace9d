// NetworkPort over grpc-js: one authenticated stream of raw frames per direction and peer pair.

export { createGrpcNetwork, grpcNetworkProblem } from "./network.js";
export type { GrpcNetwork, GrpcNetworkOptions } from "./network.js";
export type { LinkStats } from "./dialler.js";
export { DEFAULT_TUNING, FRAME_BYTES_MAX } from "./service.js";
export type { LinkTuning, PeerLogLine } from "./service.js";
