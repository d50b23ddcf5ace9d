// Where the cluster is: the ports of `npm start`, and how its HTTP ports follow from its gRPC ports.
import { CommandError, exitCodes } from "./exit-codes.js";

export const defaultEndpoints = ["127.0.0.1:9090", "127.0.0.1:9092", "127.0.0.1:9094"];

/** The default layout: gRPC 9090 and up, HTTP 8080 and up. */
const defaultGrpcPorts = { min: 9_090, max: 9_099 };
const defaultShift = -1_010;
/** The layout of `--port-base`: HTTP a hundred above gRPC. */
const portBaseShift = 100;

/** The HTTP address beside a gRPC endpoint, as `npm start` lays them out. */
export function httpBeside(endpoint: string): string {
  const [, host, digits] = /^(.+):(\d+)$/.exec(endpoint) ?? [];
  const port = Number(digits);
  const isDefault = port >= defaultGrpcPorts.min && port <= defaultGrpcPorts.max;
  const httpPort = port + (isDefault ? defaultShift : portBaseShift);
  if (host !== undefined && httpPort > 0 && httpPort <= 65_535) return `${host}:${httpPort}`;
  throw new CommandError(
    `The HTTP port beside "${endpoint}" is not known; give it with --http, like 127.0.0.1:8080.`,
    "INVALID_ARGUMENT",
    exitCodes.usage,
  );
}
