import { describe, test } from "vitest";
import { networkSuite } from "../../src/conformance/index.js";
import { GrpcRig } from "./grpc-rig.js";

describe("NetworkPort over gRPC", () => {
  networkSuite(test, () => GrpcRig.make());
});
